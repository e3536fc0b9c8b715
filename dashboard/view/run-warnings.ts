import { limitBreach, refusedUpdates } from '../../lib/run/history.js'
import { warningsOf } from '../../lib/run/warnings.js'
import type { RunView } from './view.js'

/** Returns the events of a run that its reader has to know: refused updates, and entropy outside its hard limit. */
export const runWarnings = ({ logs }: Pick<RunView, 'logs'>): readonly string[] => {
  const { items, length } = logs.metrics.lines
  const metrics = items.slice(0, length)
  return warningsOf({ refused: refusedUpdates(metrics), limitBreach: limitBreach(metrics) })
}
