import { stepNumber, stepOfNumber } from '../../lib/report/step-number.js'
import { type PendingEdit, shownPlan } from './band-edit.js'
import { countSteps, type RunView } from './view.js'

/** Maximum number of steps whose planned band is drawn. */
const MAX_STEPS = 100_000

type Column = (number | null)[]

/**
 * Returns a function that gives the low and high bounds of the band to come as columns, from the last finished step on. Row n
 * is the step with the number n. The columns are computed again only if the plan is another one; otherwise finished steps are
 * removed from them.
 */
export const createPlanColumns = () => {
  let key: unknown
  let from = -1
  let low: Column = []
  let high: Column = []
  return (run: RunView, edit: PendingEdit | null): readonly [Column, Column] => {
    const { at, override } = shownPlan(run, edit)
    const planKey = override ?? run.info
    const done = countSteps(run)
    if (key !== planKey || done < from) {
      const bands = Array.from({ length: Math.min(run.info.planned, MAX_STEPS) + 1 }, (_, row) =>
        row <= done ? null : at(stepOfNumber(row)),
      )
      low = bands.map((band) => band?.low ?? null)
      high = bands.map((band) => band?.high ?? null)
    }
    for (let row = Math.max(0, from); row <= Math.min(done, low.length - 1); row++) low[row] = high[row] = null
    joinToPast(run, low, high)
    key = planKey
    from = done
    return [low, high]
  }
}

/** Begins the columns at the band of the last finished step, so that the chart shows no gap. */
const joinToPast = ({ logs: { metrics } }: RunView, low: Column, high: Column): void => {
  const last = metrics.lines.items[metrics.lines.length - 1]
  if (last === undefined || stepNumber(last.step) >= low.length - 1) return
  low[stepNumber(last.step)] = last.low
  high[stepNumber(last.step)] = last.high
}
