import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Engine, Executable } from '#lib/compute/engine/engine.js'
import { add, input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { createExecutables, rowsFor, roundUp } from '#lib/policy/local/executables.js'

const build = (name: string) => () => program(name, { y: add(input('x', [1]), input('x2', [1])) })

/** Engine double that records what it compiles. Programs named "broken" fail. */
const compiler = () => {
  const [compiled, disposed] = [[] as string[], [] as string[]]
  const compile: Engine['compile'] = (made) => {
    compiled.push(made.name)
    const executable: Executable = {
      signature: made,
      run: () => Promise.resolve({ device: {}, host: {} }),
      dispose: () => disposed.push(made.name),
    }
    return made.name === 'broken' ? Promise.reject(new Error('broken')) : Promise.resolve(executable)
  }
  const none = () => Promise.reject(new Error('not asked for'))
  const engine: Engine = { name: 'compiler', compile, start: none, upload: none, read: none, memory: none, close: none }
  return { compiled, disposed, programs: createExecutables(engine) }
}

describe('executables', () => {
  it('compiles a program once, also for requests during its compilation', async () => {
    const { compiled, programs } = compiler()
    const scope = {}
    const both = await Promise.all([programs.get(scope, 'k', build('a')), programs.get(scope, 'k', build('a'))])
    expect(both[0]).toBe(both[1])
    expect(await programs.get(scope, 'k', build('a'))).toBe(both[0])
    expect(compiled).toEqual(['a'])
  })

  it('compiles one program per key and scope', async () => {
    const { compiled, programs } = compiler()
    const [one, other] = [{}, {}]
    await programs.get(one, 'k', build('a'))
    await programs.get(one, 'l', build('b'))
    await programs.get(other, 'k', build('c'))
    expect((await programs.get(one, 'k', build('d'))).signature.name).toBe('a')
    expect(compiled).toEqual(['a', 'b', 'c'])
  })

  it('compiles a failed program again on the next request', async () => {
    const { compiled, programs } = compiler()
    const scope = {}
    await expect(programs.get(scope, 'k', build('broken'))).rejects.toThrow('broken')
    expect((await programs.get(scope, 'k', build('mended'))).signature.name).toBe('mended')
    expect(compiled).toEqual(['broken', 'mended'])
  })

  it('disposes compiled programs and ignores failed ones', async () => {
    const { disposed, programs } = compiler()
    await programs.get({}, 'k', build('a'))
    await expect(programs.get({}, 'k', build('broken'))).rejects.toThrow('broken')
    const late = programs.get({}, 'k', build('b'))
    await programs.dispose()
    await late
    expect(disposed).toEqual(['a', 'b'])
    await programs.dispose()
    expect(disposed).toEqual(['a', 'b'])
  })
})

describe('shapes', () => {
  test.prop([fc.integer({ min: 0, max: 5000 })])('have rows that are powers of two', (n) => {
    expect(Math.log2(rowsFor(n)) % 1).toBe(0)
    expect(rowsFor(n)).toBeGreaterThanOrEqual(Math.max(n, 8))
    if (n > 8) expect(rowsFor(n) / 2).toBeLessThan(n)
    if (n > 0) expect(rowsFor(n, 100) / 2).toBeLessThan(n)
  })

  test.prop([fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(4, 8)])(
    'have lengths of at least n, at most an eighth longer',
    (n, step) => {
      expect(roundUp(n, step) % step).toBe(0)
      expect(roundUp(n, step)).toBeGreaterThanOrEqual(Math.max(n, step))
      if (n > step) expect(roundUp(n, step) - n).toBeLessThan(Math.max(step, n / 8))
    },
  )

  it('have few lengths', () => {
    const lengths = (most: number) => new Set(Array.from({ length: most }, (_, n) => roundUp(n + 1, 8))).size
    expect([lengths(64), lengths(128), lengths(4096)]).toEqual([8, 16, 56])
  })
})
