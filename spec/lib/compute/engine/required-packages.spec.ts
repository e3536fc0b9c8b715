import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { engineNames, engines } from '#lib/compute/engine/engines.js'
import { requirePackages } from '#lib/compute/engine/required-packages.js'
import { mayLoadLibrary } from '#lib/compute/engine/native-library.js'

describe('requirePackages', () => {
  it('accepts packages that are installed', async () => {
    expect(await requirePackages(['rxjs', 'fp-ts'])()).toEqual(E.right(undefined))
  })

  it.each([
    [['no-such-a', 'rxjs', 'no-such-b'], 'no-such-a and no-such-b are not installed: npm install no-such-a no-such-b'],
    [['rxjs', 'no-such-b'], 'no-such-b is not installed: npm install no-such-b'],
  ])('names every package of %j that is missing', async (names, message) => {
    expect(await requirePackages(names)()).toMatchObject(E.left({ _tag: 'EngineMissing', message }))
  })

  it('knows the packages that an engine of TensorFlow.js shares, and Dawn', () => {
    for (const name of engineNames.filter((each) => each.startsWith('tfjs')))
      expect(engines[name].needs).toContain('@tensorflow/tfjs-core')
    expect(engines['tfjs-webgpu'].needs).toEqual(['@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-core', 'webgpu'])
  })
})

describe('mayLoadLibrary', () => {
  it('is false for a library that does not exist on Linux', () => {
    expect(mayLoadLibrary('libno-such-library.so.9')).toBe(process.platform !== 'linux')
  })

  it('is true for the library of C, which every program has', () => {
    expect(mayLoadLibrary('libc.so.6')).toBe(true)
  })
})
