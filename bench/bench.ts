import type { EngineName } from '../lib/compute/engine/engines.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { openEngine } from '../lib/compute/engine/open-engine.js'
import { orThrow } from '../lib/or-throw.js'

/** Results of a benchmark. Numbers are rounded when they are printed. */
export interface Table {
  readonly title: string
  readonly heading: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = string | number

export interface BenchOptions {
  /** Engine of the benchmark; default the first that opens. */
  readonly engine?: EngineName
  readonly threads?: number
  /** Python command whose packages the peers need. */
  readonly python: string
  /** Device of the peers: cpu or cuda. */
  readonly device: string
  /** Part of the benchmark that is measured; default all. Only `peers` has parts. */
  readonly only?: string
  /** Number of measured pairs of runs beside a peer; by default enough for a median. */
  readonly pairs?: number
}

/** Benchmark: yields each table as soon as it is measured. */
export type Bench = (options: BenchOptions) => AsyncIterable<Table>

/** Opens the engine of a benchmark, and prints its name to stderr. */
export const openBenchEngine = async ({ engine: name, threads }: BenchOptions): Promise<Engine> => {
  const { engine, reason } = await orThrow(openEngine(name, threads === undefined ? {} : { threads }))
  console.error(`engine ${engine.name}: ${reason}`)
  return engine
}

/** Formats a table as text with aligned columns. */
export const formatTable = ({ title, heading, rows }: Table): string => {
  const cells = [heading, ...rows.map((row) => row.map(formatCell))]
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [title, '', line(heading), rule, ...cells.slice(1).map(line)].join('\n')
}

/** Formats a number with three significant digits. */
const formatCell = (cell: Cell): string => {
  if (typeof cell === 'string' || Number.isInteger(cell)) return String(cell)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(cell))))
  return cell.toFixed(Math.min(digits, 6))
}
