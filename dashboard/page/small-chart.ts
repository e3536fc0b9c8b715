import { type Choice, stepRangeOf } from '../view/choice.js'
import type { Figure, PlottedCurve } from '../view/figure.js'
import { comparedStyleOf } from '../view/run-style.js'
import { type Table, tableFollower } from '../view/table.js'
import { countSteps, type RunView, type View } from '../view/view.js'
import { createChart } from './chart.js'
import type { Page } from './page.js'

const HEIGHT = 180

/** Chart of one figure: all curves of the selected run, and the comparable curves of the other drawn runs. */
export const createSmallChart = (page: Page, figure: Figure, runs: readonly RunView[], first: Choice) => {
  const compared = figure.curves.filter((curve) => curve.compared)
  const others = runs.flatMap((_, run) => (run === first.selected || first.hidden.has(run) ? [] : [run]))
  const readOwn = tableFollower(figure.curves)
  const readOthers = others.map((run) => ({ run, table: tableFollower(compared) }))
  let view: Pick<View, 'runs'> = { runs }
  let choice = first
  let tables: readonly Table[] = []
  const range = () => withRowBefore(figureRange(view, [first.selected, ...others], choice), tables)
  const dataOf = ({ runs }: Pick<View, 'runs'>) => {
    tables = [readOwn(runs[first.selected]!), ...readOthers.map(({ run, table }) => table(runs[run]!))]
    const longest = tables.reduce((a, b) => (b.steps.length > a.steps.length ? b : a))
    const key = [...tables.map(({ revision }) => revision), ...range()].join()
    return { steps: longest.steps, columns: tables.flatMap(({ columns }) => columns), key }
  }
  const curves = [...figure.curves, ...others.flatMap((run) => comparedCurves(runs[run]!, run, compared))]
  const chart = createChart({ ...figure, ...page, curves, height: HEIGHT, range })
  return {
    ...chart,
    show: (now: View, chosen: Choice) => {
      view = now
      choice = chosen
      chart.draw(() => dataOf(now))
    },
  }
}

/** Figures have no numbers of the steps to come, so a whole run ends at the last finished step. */
const figureRange = (
  { runs }: Pick<View, 'runs'>,
  drawn: readonly number[],
  { span }: Choice,
): readonly [number, number] =>
  stepRangeOf(span === 'whole run' ? 'so far' : span, Math.max(...drawn.map((run) => countSteps(runs[run]!))), 0)

/** Begins at row 0 if a run has a number before its first step, such as its first evaluation. */
const withRowBefore = (
  [first, last]: readonly [number, number],
  tables: readonly Table[],
): readonly [number, number] => {
  const hasRow = tables.some(({ columns }) => columns.some(([before = null]) => before !== null))
  return [first === 1 && hasRow ? 0 : first, last]
}

const comparedCurves = ({ info }: RunView, run: number, compared: readonly PlottedCurve[]) =>
  compared.map(({ label, meanOf = 1 }) => ({
    label: `${info.name}: ${label}`,
    ...comparedStyleOf(run),
    kind: 'line' as const,
    meanOf,
  }))
