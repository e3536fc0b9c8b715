import { emptyHistory, type LoggedStep, type RunHistory, addStep } from '../../lib/run/history.js'
import type { RunServer } from '../../lib/control/run-state.js'
import { stepMetrics } from '../../lib/run/step-metrics.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { StepReport } from '../../lib/report/step-report.js'

/** Response that is shown as a sample. */
export interface Example {
  readonly prompt: string
  readonly completion: string
  readonly correct: boolean
  readonly reward: number
}

/** State of the display of a run: a fold of its steps. Drawing it needs no terminal and no clock. */
export interface RunView {
  /** Algorithm, task, seed and engine, in one line. */
  readonly heading: string
  /** Planned steps. */
  readonly planned: number
  readonly history: RunHistory
  /** Sample and its step; null before the first. */
  readonly example: (Example & { readonly step: number }) | null
  /** Servers that sample or train; absent for a run on one machine. */
  readonly servers?: readonly RunServer[]
}

/** Number of steps that a sample stays on the screen, so that it can be read. */
const EXAMPLE_EVERY = 5

export const emptyView = (heading: string, planned: number): RunView => ({
  heading,
  planned,
  history: emptyHistory,
  example: null,
})

/** Adds a step to the view. */
export const viewAfter = (view: RunView, { report, seconds }: TimedStep): RunView =>
  viewWith(view, { metrics: stepMetrics(report), seconds }, exampleOf(report))

/** Adds a step of the logs to the view; `example` is null if none of its rollouts was kept. */
export const viewWith = (view: RunView, logged: LoggedStep, example: Example | null): RunView => {
  const { step } = logged.metrics
  return {
    ...view,
    history: addStep(view.history, logged),
    example: example !== null && isExampleDue(view, step) ? { step, ...example } : view.example,
  }
}

/** True if the next sample may replace the one on the screen. */
export const isExampleDue = ({ example }: RunView, step: number): boolean =>
  example === null || step >= example.step + EXAMPLE_EVERY

const exampleOf = ({ examples: [first] }: StepReport): Example | null => {
  if (first === undefined) return null
  const { prompt, completion, reward } = first.response
  return { prompt: prompt.text, completion: completion.text, correct: reward.correct, reward: reward.value }
}
