import type { EngineName } from '../lib/compute/engine/engines.js'
import { openEngine } from '../lib/compute/engine/open-engine.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { orThrow } from '../lib/or-throw.js'

/** What a benchmark found; numbers are rounded when they are printed. */
export interface Table {
  readonly title: string
  readonly heading: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = string | number

export interface BenchOptions {
  /** The first that opens unless given. */
  readonly engine?: EngineName
  readonly threads?: number
  /** Python that has the packages of the peers, and what they run on. */
  readonly python: string
  readonly device: string
}

/** Tables as they are measured. */
export type Bench = (options: BenchOptions) => AsyncIterable<Table>

/** The engine of a benchmark, on a line of its own on stderr. */
export const openBenchEngine = async ({ engine: name, threads }: BenchOptions): Promise<Engine> => {
  const { engine, reason } = await orThrow(openEngine(name, threads === undefined ? {} : { threads }))
  console.error(`engine ${engine.name}: ${reason}`)
  return engine
}

/** A table as text, the heading first. */
export const text = ({ title, heading, rows }: Table): string => {
  const cells = [heading, ...rows.map((row) => row.map(shown))]
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [title, '', line(heading), rule, ...cells.slice(1).map(line)].join('\n')
}

/** Three digits that count. */
const shown = (cell: Cell): string => {
  if (typeof cell === 'string' || Number.isInteger(cell)) return String(cell)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(cell))))
  return cell.toFixed(Math.min(digits, 6))
}
