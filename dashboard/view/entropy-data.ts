import type { Logs } from '../feed.js'
import type { PendingEdit } from './band-edit.js'
import type { ChartData } from './chart-data.js'
import { type Choice, isRunDrawn } from './choice.js'
import { createPlanColumns } from './plan-columns.js'
import { type ColumnReader, tableFollower } from './table.js'
import type { RunView } from './view.js'

const readers: readonly ColumnReader[] = [
  { log: 'metrics', value: ({ entropy }) => entropy },
  { log: 'metrics', value: ({ low }) => low },
  { log: 'metrics', value: ({ high }) => high },
  { log: 'metrics', value: (line) => errorEnd(line, -1) },
  { log: 'metrics', value: (line) => errorEnd(line, 1) },
]

/** Lower or upper end of the error of an entropy; null for an entropy that is exact or whose error is unknown. */
const errorEnd = ({ entropy, entropyError }: Logs['metrics'], side: -1 | 1): number | null =>
  entropy === null || entropyError === null || entropyError === 0 ? null : entropy + side * entropyError

/**
 * Returns a function that gives the numbers of the entropy chart: low and high bound of the past band, of the band to come,
 * then the entropy of each run, then the lower and the upper end of its error for each run. A run that is not drawn has empty
 * columns.
 */
export const createEntropyData = (count: number) => {
  const tables = Array.from({ length: count }, () => tableFollower(readers))
  const planColumns = createPlanColumns()
  const stepColumn = createStepColumn()
  return (runs: readonly RunView[], choice: Choice, edit: PendingEdit | null): ChartData => {
    const all = tables.map((table, run) => table(runs[run]!))
    const [, pastLow, pastHigh] = all[choice.selected]!.columns
    const [low, high] = planColumns(runs[choice.selected]!, edit)
    const drawn = (column: number) => all.map(({ columns }, run) => (isRunDrawn(choice, run) ? columns[column]! : []))
    const [errorLow, errorHigh] = [drawn(3), drawn(4)]
    return {
      steps: stepColumn(Math.max(low.length, ...all.map(({ steps }) => steps.length))),
      columns: [pastLow!, pastHigh!, low, high, ...drawn(0), ...errorLow.flatMap((end, run) => [end, errorHigh[run]!])],
    }
  }
}

/** Returns a function that gives the numbers of the rows, 0, 1, 2 …; the same array while the length stays. */
const createStepColumn = () => {
  let column: readonly number[] = []
  return (length: number): readonly number[] => {
    if (column.length !== length) column = Array.from({ length }, (_, step) => step)
    return column
  }
}
