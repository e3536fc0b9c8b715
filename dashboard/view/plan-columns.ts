import { type PendingEdit, shownPlan } from './band-edit.js'
import { countSteps, type RunView } from './view.js'

/** Maximum number of steps whose planned band is drawn. */
const MAX_STEPS = 100_000

type Column = (number | null)[]

/**
 * Returns a function that gives the low and high bounds of the band to come as columns, from the last finished step on. The
 * columns are computed again only if the plan is another one; otherwise finished steps are removed from them.
 */
export const createPlanColumns = () => {
  let key: unknown
  let from = -1
  let low: Column = []
  let high: Column = []
  return (run: RunView, edit: PendingEdit | null): readonly [Column, Column] => {
    const { at, override } = shownPlan(run, edit)
    const planKey = override ?? run.info
    const first = countSteps(run)
    if (key !== planKey || first < from) {
      const length = Math.min(run.info.planned, MAX_STEPS)
      const bands = Array.from({ length }, (_, step) => (step < first ? null : at(step)))
      low = bands.map((band) => band?.low ?? null)
      high = bands.map((band) => band?.high ?? null)
    }
    for (let step = Math.max(0, from - 1); step < Math.min(first, low.length); step++) low[step] = high[step] = null
    joinToPast(run, first, low, high)
    key = planKey
    from = first
    return [low, high]
  }
}

/** Begins the columns at the band of the last finished step, so that the chart shows no gap. */
const joinToPast = ({ logs: { metrics } }: RunView, first: number, low: Column, high: Column): void => {
  const last = metrics.lines.items[metrics.lines.length - 1]
  if (last === undefined || first >= low.length) return
  low[last.step] = last.low
  high[last.step] = last.high
}
