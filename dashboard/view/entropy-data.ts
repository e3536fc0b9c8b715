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
]

/**
 * Returns a function that gives the numbers of the entropy chart: low and high bound of the past band, of the band to come,
 * then the entropy of each run. A run that is not drawn has an empty column.
 */
export const createEntropyData = (count: number) => {
  const tables = Array.from({ length: count }, () => tableFollower(readers))
  const planColumns = createPlanColumns()
  const stepColumn = createStepColumn()
  return (runs: readonly RunView[], choice: Choice, edit: PendingEdit | null): ChartData => {
    const all = tables.map((table, run) => table(runs[run]!))
    const [, pastLow, pastHigh] = all[choice.selected]!.columns
    const [low, high] = planColumns(runs[choice.selected]!, edit)
    const entropies = all.map(({ columns }, run) => (isRunDrawn(choice, run) ? columns[0]! : []))
    return {
      steps: stepColumn(Math.max(low.length, ...all.map(({ steps }) => steps.length))),
      columns: [pastLow!, pastHigh!, low, high, ...entropies],
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
