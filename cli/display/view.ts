import { emptyHistory, type LoggedStep, type RunHistory, addStep } from '../../lib/run/history.js'
import { stepMetrics } from '../../lib/run/step-metrics.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { StepReport } from '../../lib/report/step-report.js'

/** A response to look at. */
export interface Example {
  readonly prompt: string
  readonly completion: string
  readonly correct: boolean
  readonly reward: number
}

/** What the display knows of a run: a fold of its steps, so that drawing needs no terminal and no clock. */
export interface RunView {
  /** What is running, in a line. */
  readonly heading: string
  /** Steps asked for. */
  readonly planned: number
  readonly history: RunHistory
  /** And the step it is from. */
  readonly example: (Example & { readonly step: number }) | null
}

/** Steps a sample stays on screen, so that it can be read. */
const EXAMPLE_EVERY = 5

export const emptyView = (heading: string, planned: number): RunView => ({
  heading,
  planned,
  history: emptyHistory,
  example: null,
})

export const viewAfter = (view: RunView, { report, seconds }: TimedStep): RunView =>
  viewWith(view, { metrics: stepMetrics(report), seconds }, exampleOf(report))

/** The same of a step as it stands in the logs; null where none of its rollouts was kept. */
export const viewWith = (view: RunView, logged: LoggedStep, example: Example | null): RunView => {
  const { step } = logged.metrics
  return {
    ...view,
    history: addStep(view.history, logged),
    example: example !== null && isExampleDue(view, step) ? { step, ...example } : view.example,
  }
}

export const isExampleDue = ({ example }: RunView, step: number): boolean =>
  example === null || step >= example.step + EXAMPLE_EVERY

const exampleOf = ({ examples: [first] }: StepReport): Example | null => {
  if (first === undefined) return null
  const { prompt, completion, reward } = first.response
  return { prompt: prompt.text, completion: completion.text, correct: reward.correct, reward: reward.value }
}
