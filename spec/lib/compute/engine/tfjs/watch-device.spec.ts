import { memory } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { TfjsEngine } from '#lib/compute/engine/tfjs/tfjs-engine.js'
import { watchDevice } from '#lib/compute/engine/tfjs/watch-device.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'

test('an error of the device is returned, a validation error before an out-of-memory error', async () => {
  const scopes: string[] = []
  const device = (errors: Readonly<Record<string, string>>) => ({
    pushErrorScope: (filter: string) => void scopes.push(filter),
    popErrorScope: () => {
      const message = errors[scopes.pop()!]
      return Promise.resolve(message === undefined ? null : { message })
    },
  })
  expect(await watchDevice(device({}))()()).toBeUndefined()
  expect(await watchDevice(device({ 'out-of-memory': 'too big' }))()()).toBe('too big')
  expect(await watchDevice(device({ validation: 'no vec5', 'out-of-memory': 'too big' }))()()).toBe('no vec5')
  expect(scopes).toEqual([])
})

test('a run with an error of the device fails and leaves no tensor', async () => {
  const opened = await openTfjs('cpu')
  const before = memory().numTensors
  const engine = new TfjsEngine('tfjs-webgpu', 'cpu', 'a GPU', () => () => Promise.resolve('no vec5'))
  const executable = await engine.compile(program('double', { y: o.add(o.input('x', []), o.input('z', [])) }))
  const one = { shape: [], data: Float32Array.of(1) }
  await expect(executable.run({ x: one, z: one })).rejects.toThrow(
    expect.objectContaining({ _tag: 'EngineFailed', message: 'program "double": no vec5' }),
  )
  expect(memory().numTensors).toBe(before)
  await Promise.all([engine.close(), opened.close()])
})
