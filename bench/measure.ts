import type { Engine } from '../lib/compute/engine/engine.js'
import { input, matmul, sum } from '../lib/compute/operation/index.js'
import type { Node } from '../lib/compute/program/node.js'
import { program } from '../lib/compute/program/program.js'

/** Seconds of `count` runs after `warmup` unmeasured ones, sorted. */
export const secondsOf = async (run: () => Promise<unknown>, count: number, warmup = 2): Promise<readonly number[]> => {
  const seconds: number[] = []
  for (let i = 0; i < warmup + count; i++) {
    const start = performance.now()
    await run()
    if (i >= warmup) seconds.push((performance.now() - start) / 1000)
  }
  return seconds.sort((a, b) => a - b)
}

/** Upper median of measured values: the middle one, or the larger of the two in the middle; NaN for an empty list. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/**
 * GFLOP/s of 1024 x 1024 matrix products on the engine: the ceiling other figures are read against. Each multiplies what
 * the one before gave, and the sum of the last is read: a GPU is done with all of them by then, and moves little else.
 */
export const matmulPeak = async (engine: Engine, size = 1024, count = 8): Promise<number> => {
  const factor = input('factor', [size, size])
  let power: Node = factor
  for (let n = 0; n < count; n++) power = matmul(power, factor)
  const products = await engine.compile(program('peak', { total: sum(power, [0, 1]) }))
  const data = Float32Array.from({ length: size * size }, (_, i) => (i % 17) / (8 * size))
  const uploaded = await engine.upload({ shape: [size, size], data })
  const seconds = await secondsOf(() => products.run({ factor: uploaded }, ['total']), 15)
  for (const owned of [uploaded, products]) owned.dispose()
  return (count * 2 * size ** 3) / (seconds[0] ?? Number.NaN) / 1e9
}

/** GB/s of reading a large matrix once, to sum up its rows. */
export const bandwidth = async (engine: Engine, rows = 2 ** 12, columns = 2 ** 13): Promise<number> => {
  const sums = await engine.compile(program('bandwidth', { sums: sum(input('x', [rows, columns]), [1]) }))
  const x = await engine.upload({ shape: [rows, columns], data: new Float32Array(rows * columns).fill(1) })
  const seconds = await secondsOf(() => sums.run({ x }, ['sums']), 9)
  for (const owned of [x, sums]) owned.dispose()
  return (4 * rows * columns) / (seconds[0] ?? Number.NaN) / 1e9
}
