import { expect, test } from 'vitest'
import type { Engine, RunResult } from '#lib/compute/engine/engine.js'
import { checkProduct } from '#lib/compute/engine/webgpu/check-product.js'
import type { Program } from '#lib/compute/program/node.js'
import { interpret, type ReferenceFeed } from '../../reference/interpret.js'

/** Engine in double precision whose results a spec changes, and the number of times that it was closed. */
const engineWith = (change: (value: number, output: string) => number) => {
  let closed = 0
  const compile = (program: Program) => {
    const run = (feed: ReferenceFeed): Promise<RunResult> => {
      const host = Object.entries(interpret(program, feed)).map(([name, { shape, data }]) => [
        name,
        { shape, data: Float32Array.from(data, (value) => change(value, name)) },
      ])
      return Promise.resolve({ device: {}, host: Object.fromEntries(host) as RunResult['host'] })
    }
    return Promise.resolve({ program, run, dispose: () => undefined })
  }
  const close = () => {
    closed++
    return Promise.resolve()
  }
  const engine = { name: 'webgpu', device: 'a GPU', compile, close }
  return { engine: engine as unknown as Engine, closed: () => closed }
}

test('a GPU that computes what a CPU computes is accepted', async () => {
  const { engine, closed } = engineWith((value) => value)
  expect(await checkProduct(engine)).toBe(engine)
  expect(closed()).toBe(0)
})

test.each([
  ['nothing', () => 0],
  ['a wrong product', (value: number, output: string) => (output === 'product' ? value + 1 : value)],
  ['a wrong sum', (value: number, output: string) => (output === 'total' ? value + 1 : value)],
  ['no number', () => NaN],
])('a GPU that computes %s is refused with the remedy, and closed', async (_, change) => {
  const { engine, closed } = engineWith(change)
  await expect(checkProduct(engine)).rejects.toThrow(
    expect.objectContaining({
      _tag: 'EngineFailed',
      message: expect.stringMatching(
        /^a GPU computes wrong numbers: found \S+, expected -?\d+; update the graphics driver or the browser, or choose another engine$/,
      ) as string,
    }),
  )
  expect(closed()).toBe(1)
})
