import type { Logs } from '../feed.js'
import { type GrowingList, emptyList } from './growing-list.js'
import type { RunView } from './view.js'

/** One number of each line of a log. */
export type ColumnReader = {
  readonly [L in keyof Logs]: {
    readonly log: L
    /** Null leaves a gap. */
    readonly value: (line: Logs[L], lines: readonly Logs[L][], at: number) => number | null
    /** Where it is told of another step than its line's. */
    readonly shift?: number
  }
}[keyof Logs]

/** Numbers by step, gaps as null: row s is step s, so curves of all logs and runs share their steps. */
export interface Table {
  readonly steps: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
  /** Another one whenever a number is. */
  readonly revision: number
}

/**
 * A table that follows the logs of a run, one column for each reader. It reads every line once, and writes into one and
 * the same memory; where lines were replaced it starts again.
 */
export const tableFollower = (readers: readonly ColumnReader[]): ((run: Pick<RunView, 'logs'>) => Table) => {
  const table = { steps: [] as number[], columns: readers.map((): (number | null)[] => []), revision: 0 }
  const seen = new Map<keyof Logs, GrowingList<unknown>>()

  const clear = () => {
    for (const column of [table.steps, ...table.columns]) column.length = 0
    seen.clear()
    table.revision++
  }
  const put = (column: (number | null)[], step: number, value: number | null) => {
    if (step < 0) return
    while (table.steps.length <= step) {
      table.steps.push(table.steps.length)
      for (const each of table.columns) each.push(null)
    }
    column[step] = value
  }
  const read = <L extends keyof Logs>(log: L, lines: GrowingList<Logs[L]>) => {
    const from = seen.get(log)?.length ?? 0
    if (from === lines.length) return
    readers.forEach((reader, i) => {
      if (reader.log !== log) return
      const value = reader.value as (line: Logs[L], lines: readonly Logs[L][], at: number) => number | null
      for (let at = from; at < lines.length; at++) {
        const line = lines.items[at]!
        put(table.columns[i]!, line.step + (reader.shift ?? 0), value(line, lines.items, at))
      }
    })
    seen.set(log, lines)
    table.revision++
  }
  const used = [...new Set(readers.map(({ log }) => log))]
  return ({ logs }) => {
    if (used.some((log) => !grownFrom(seen.get(log) ?? emptyList(), logs[log].lines))) clear()
    for (const log of used) read(log, logs[log].lines)
    return table
  }
}

const grownFrom = (before: GrowingList<unknown>, now: GrowingList<unknown>): boolean =>
  before.length === 0 || (before.items === now.items && now.length >= before.length)
