import type { Engine } from '../lib/compute/engine/engine.js'
import { input, matmul, sum } from '../lib/compute/operation/index.js'
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

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** GFLOP/s of a 1024 x 1024 matrix product on the engine: the ceiling other figures are read against. */
export const matmulPeak = async (engine: Engine, size = 1024): Promise<number> => {
  const product = await engine.compile(
    program('peak', { product: matmul(input('a', [size, size]), input('b', [size, size])) }),
  )
  const data = Float32Array.from({ length: size * size }, (_, i) => (i % 17) / 17)
  const a = await engine.upload({ shape: [size, size], data })
  const seconds = await secondsOf(async () => {
    const { device } = await product.run({ a, b: a })
    device['product']?.dispose()
  }, 15)
  a.dispose()
  product.dispose()
  return (2 * size ** 3) / (seconds[0] ?? Number.NaN) / 1e9
}

/** GB/s of reading a large vector once, to sum it up. */
export const bandwidth = async (engine: Engine, size = 2 ** 25): Promise<number> => {
  const sums = await engine.compile(program('bandwidth', { sums: sum(input('x', [8, size / 8]), [1]) }))
  const x = await engine.upload({ shape: [8, size / 8], data: new Float32Array(size).fill(1) })
  const seconds = await secondsOf(() => sums.run({ x }, ['sums']), 9)
  for (const owned of [x, sums]) owned.dispose()
  return (4 * size) / (seconds[0] ?? Number.NaN) / 1e9
}
