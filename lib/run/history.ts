import { median } from '../statistics.js'
import type { StepMetrics } from './step-metrics.js'
import type { StepSeconds } from '../timing/step-seconds.js'

/** The steps of a run so far. */
export interface RunHistory {
  readonly metrics: readonly StepMetrics[]
  readonly seconds: readonly StepSeconds[]
}

export const emptyHistory: RunHistory = { metrics: [], seconds: [] }

/** A step as it stands in the logs. */
export interface LoggedStep {
  readonly metrics: StepMetrics
  readonly seconds: StepSeconds
}

/** The history one step later: a fold for `scan`. */
export const withStep = (history: RunHistory, step: LoggedStep): RunHistory => ({
  metrics: [...history.metrics, step.metrics],
  seconds: [...history.seconds, step.seconds],
})

export const skippedSteps = ({ metrics }: RunHistory): number =>
  metrics.filter(({ status }) => status !== 'updated').length

/** Whether the entropy of the step lay in its band, bounds included; a batch without tokens has no entropy. */
export const isInBand = ({ entropy, low, high }: StepMetrics): boolean =>
  entropy !== null && low <= entropy && entropy <= high

/** Share of the steps with a measured entropy that were in the band; null before the first. */
export const inBandShare = ({ metrics }: RunHistory): number | null => {
  const measured = metrics.filter(({ entropy }) => entropy !== null)
  return measured.length === 0 ? null : measured.filter(isInBand).length / measured.length
}

/** Median time of a step, of the last `window` steps where one is given; null before the first. @units seconds */
export const medianStepSeconds = ({ seconds }: RunHistory, window = Infinity): number | null => {
  const recent = seconds.slice(-Math.min(window, seconds.length)).map(({ total }) => total)
  return recent.length === 0 ? null : median(recent)
}

/** Where the time of all steps went. @units seconds */
export const secondsByStage = ({ seconds }: RunHistory): Omit<StepSeconds, 'step' | 'residentBytes'> =>
  seconds.reduce(
    (sums, step) => ({
      sample: sums.sample + step.sample,
      score: sums.score + step.score,
      update: sums.update + step.update,
      operators: sums.operators + step.operators,
      total: sums.total + step.total,
    }),
    { sample: 0, score: 0, update: 0, operators: 0, total: 0 },
  )
