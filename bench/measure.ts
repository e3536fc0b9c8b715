import type { Engine } from '../lib/compute/engine/engine.js'
import { input, matmul } from '../lib/compute/operation/index.js'
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

export const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN

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

/** Rows as an aligned text table, the first one the heading. */
export const table = (rows: readonly (readonly (string | number)[])[]): string => {
  const cells = rows.map((row) => row.map(String))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return cells.flatMap((row, i) => (i === 0 ? [line(row), rule] : [line(row)])).join('\n')
}
