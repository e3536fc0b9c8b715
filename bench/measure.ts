import type { Engine } from '../lib/compute/engine/engine.js'
import { input, matmul, sum } from '../lib/compute/operation/index.js'
import type { Node } from '../lib/compute/program/node.js'
import { program } from '../lib/compute/program/program.js'

/** Makes one run and returns its time. @units seconds */
export type TimedRun = () => Promise<number>

/** Times a run by the clock of this process. */
export const timed =
  (run: () => Promise<unknown>): TimedRun =>
  async () => {
    const start = performance.now()
    await run()
    return (performance.now() - start) / 1000
  }

/** Measures `count` runs after `warmup` unmeasured ones. Returns their times in increasing order. @units seconds */
export const measureSeconds = async (
  run: () => Promise<unknown>,
  count: number,
  warmup = 2,
): Promise<readonly number[]> => {
  const [once, seconds]: [TimedRun, number[]] = [timed(run), []]
  for (let i = 0; i < warmup + count; i++) seconds.push(await once())
  return seconds.slice(warmup).sort((a, b) => a - b)
}

/** Median; of an even count, the larger of the two middle values. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Returns median, lowest and highest of the ratios of paired times. */
export const ratiosOf = (times: readonly number[], references: readonly number[]): readonly number[] => {
  const ratios = times.map((seconds, i) => seconds / references[i]!)
  return [median(ratios), Math.min(...ratios), Math.max(...ratios)]
}

/** Matrix products on an engine. */
interface Products {
  /** Makes the products, and waits for them. */
  readonly run: () => Promise<unknown>
  /** Floating-point operations of a run. */
  readonly flop: number
  readonly dispose: () => void
}

/**
 * Compiles products of square matrices. Each product uses the one before, and only the sum of the last is read, so that a GPU has
 * computed all of them and copies little.
 */
export const createProducts = async (engine: Engine, size: number, count = 8): Promise<Products> => {
  const factor = input('factor', [size, size])
  let power: Node = factor
  for (let n = 0; n < count; n++) power = matmul(power, factor)
  const products = await engine.compile(program('products', { total: sum(power, [0, 1]) }))
  const data = Float32Array.from({ length: size * size }, (_, i) => (i % 17) / (8 * size))
  const uploaded = await engine.upload({ shape: [size, size], data })
  return {
    run: () => products.run({ factor: uploaded }, ['total']),
    flop: count * 2 * size ** 3,
    dispose: () => {
      for (const resource of [uploaded, products]) resource.dispose()
    },
  }
}

/** Measures the rate of 1024 x 1024 matrix products on an engine, which is the upper limit for other rates. @units GFLOP/s */
export const measureMatmulPeak = async (engine: Engine): Promise<number> => {
  const { run, flop, dispose } = await createProducts(engine, 1024)
  const seconds = await measureSeconds(run, 15)
  dispose()
  return flop / (seconds[0] ?? Number.NaN) / 1e9
}

/** Measures the memory bandwidth of an engine: it sums the rows of a large matrix, which reads it once. @units GB/s */
export const measureBandwidth = async (engine: Engine, rows = 2 ** 12, columns = 2 ** 13): Promise<number> => {
  const sums = await engine.compile(program('bandwidth', { sums: sum(input('x', [rows, columns]), [1]) }))
  const x = await engine.upload({ shape: [rows, columns], data: new Float32Array(rows * columns).fill(1) })
  const seconds = await measureSeconds(() => sums.run({ x }, ['sums']), 9)
  for (const resource of [x, sums]) resource.dispose()
  return (4 * rows * columns) / (seconds[0] ?? Number.NaN) / 1e9
}
