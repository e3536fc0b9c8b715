import { stepNumber } from '../../lib/report/step-number.js'
import type { Logs } from '../feed.js'
import { emptyList, type GrowingList } from './growing-list.js'
import type { RunView } from './view.js'

/** Reads one number from each line of a log. */
export type ColumnReader = {
  readonly [L in keyof Logs]: {
    readonly log: L
    /** Returns null for a gap. */
    readonly value: (line: Logs[L], lines: readonly Logs[L][], at: number) => number | null
    /** Distance from the step of the line to the step that the number is about. */
    readonly shift?: number
  }
}[keyof Logs]

/**
 * Numbers by step, null for gaps. Row n is the step with the number n, so that the curves of all logs and runs share their
 * steps. Row 0 is before the first step.
 */
export interface Table {
  readonly steps: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
  /** Changes when a number changes. */
  readonly revision: number
}

/**
 * Returns a function that keeps a table of the logs of a run, one column for each reader. It reads each line once and writes
 * into the same arrays; if lines were replaced, it reads all lines again.
 */
export const tableFollower = (readers: readonly ColumnReader[]): ((run: Pick<RunView, 'logs'>) => Table) => {
  const table = createMutableTable(readers.length)
  const read = new Map<keyof Logs, GrowingList<unknown>>()
  const readLog = <L extends keyof Logs>(log: L, lines: GrowingList<Logs[L]>) => {
    const from = read.get(log)?.length ?? 0
    if (from === lines.length) return
    readers.forEach((reader, column) => {
      if (reader.log === log) readColumn(reader, lines, from, (step, value) => table.write(column, step, value))
    })
    read.set(log, lines)
    table.revision++
  }
  const logs = [...new Set(readers.map(({ log }) => log))]
  return (run) => {
    if (!logs.every((log) => hasGrown(read.get(log) ?? emptyList(), run.logs[log].lines))) {
      table.clear()
      read.clear()
    }
    for (const log of logs) readLog(log, run.logs[log].lines)
    return table
  }
}

const createMutableTable = (width: number) => {
  const steps: number[] = []
  const columns = Array.from({ length: width }, (): (number | null)[] => [])
  const table = {
    steps,
    columns,
    revision: 0,
    clear: () => {
      for (const column of [steps, ...columns]) column.length = 0
      table.revision++
    },
    write: (column: number, step: number, value: number | null) => {
      if (step < 0) return
      while (steps.length <= step) {
        steps.push(steps.length)
        for (const each of columns) each.push(null)
      }
      columns[column]![step] = value
    },
  }
  return table
}

const readColumn = <L extends keyof Logs>(
  reader: ColumnReader,
  { items, length }: GrowingList<Logs[L]>,
  from: number,
  write: (step: number, value: number | null) => void,
): void => {
  const value = reader.value as (line: Logs[L], lines: readonly Logs[L][], at: number) => number | null
  const shift = reader.shift ?? 0
  const rowOf = (at: number): number => rowIn[reader.log](items[at]!) + shift
  for (let at = from; at < length; at++) {
    // The history of a long run is thinned out. A line stands for the steps up to the next line, so that curves have no gaps.
    if (at > 0 && reader.log !== 'evaluations')
      for (let gap = rowOf(at - 1) + 1; gap < rowOf(at); gap++) write(gap, value(items[at - 1]!, items, at - 1))
    write(rowOf(at), value(items[at]!, items, at))
  }
}

/** Row of a line by the name of its log. The step of an evaluation is the number of steps before it. */
const rowIn: Readonly<Record<keyof Logs, (line: Logs[keyof Logs]) => number>> = {
  metrics: ({ step }) => stepNumber(step),
  timings: ({ step }) => stepNumber(step),
  evaluations: ({ step }) => step,
}

const hasGrown = (before: GrowingList<unknown>, now: GrowingList<unknown>): boolean =>
  before.length === 0 || (before.items === now.items && now.length >= before.length)
