import { emptyHistory, type RunHistory, withStep } from '../../lib/run/history.js'
import type { TimedStep } from '../../lib/run/step-seconds.js'
import type { Response } from '../../lib/rollout/batch.js'

/** What the display knows of a run: a fold of its steps, so that drawing needs no terminal and no clock. */
export interface RunView {
  /** What is running, in a line. */
  readonly heading: string
  /** Steps asked for. */
  readonly planned: number
  readonly history: RunHistory
  /** A response to look at, and the step it is from. */
  readonly example: { readonly step: number; readonly response: Response } | null
}

/** Steps a sample stays on screen, so that it can be read. */
const EXAMPLE_EVERY = 5

export const emptyView = (heading: string, planned: number): RunView => ({
  heading,
  planned,
  history: emptyHistory,
  example: null,
})

export const viewAfter = (view: RunView, timed: TimedStep): RunView => {
  const { step, examples } = timed.report
  const response = examples[0]?.response
  const due = view.example === null || step >= view.example.step + EXAMPLE_EVERY
  return {
    ...view,
    history: withStep(view.history, timed),
    example: due && response !== undefined ? { step, response } : view.example,
  }
}
