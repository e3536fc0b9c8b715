import { limitBreach, refusedUpdates } from '../../lib/run/history.js'
import { warningsOf } from '../../lib/run/warnings.js'
import type { RunView } from './view.js'

/** Returns what the reader of a run has to know: the error that ended it, refused updates, and entropy outside its hard limit. */
export const runWarnings = ({ logs, state }: Pick<RunView, 'logs' | 'state'>): readonly string[] => {
  const { items, length } = logs.metrics.lines
  const metrics = items.slice(0, length)
  return [
    ...(state.failure === undefined ? [] : [`error: ${state.failure}`]),
    ...warningsOf({ refused: refusedUpdates(metrics), limitBreach: limitBreach(metrics) }),
  ]
}
