import type { LimitSide } from '../entropy/outside-limit.js'
import { refusals } from '../policy/learner.js'
import type { StepSeconds } from '../timing/step-seconds.js'
import { median } from '../statistics.js'
import type { StepMetrics } from './step-metrics.js'

/** Metrics and times of the steps of a run so far. */
export interface RunHistory {
  readonly metrics: readonly StepMetrics[]
  readonly seconds: readonly StepSeconds[]
}

/** History of a run before its first step. */
export const emptyHistory: RunHistory = { metrics: [], seconds: [] }

/** Metrics and times of one step. */
export interface LoggedStep {
  readonly metrics: StepMetrics
  readonly seconds: StepSeconds
}

/** Adds a step to a history; the accumulator of `scan`. */
export const addStep = (history: RunHistory, step: LoggedStep): RunHistory => ({
  metrics: [...history.metrics, step.metrics],
  seconds: [...history.seconds, step.seconds],
})

/** Returns the number of steps that did not update the weights. */
export const skippedSteps = ({ metrics }: RunHistory): number =>
  metrics.filter(({ status }) => status !== 'updated').length

/** Returns the number of updates that the learner refused, by reason. */
export const refusedUpdates = ({ metrics }: Pick<RunHistory, 'metrics'>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { status } of metrics)
    if (refusals.some((refusal) => refusal === status)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Steps whose entropy was outside its hard limit. */
export interface LimitBreach {
  /** Number of such steps. */
  readonly steps: number
  /** First such step, from 0 on, its entropy and the side on which that is outside. @units nats per token */
  readonly step: number
  readonly entropy: number
  readonly side: LimitSide
}

/** Returns the steps whose entropy was outside its hard limit; null if there are none. */
export const limitBreach = ({ metrics }: Pick<RunHistory, 'metrics'>): LimitBreach | null => {
  const outside = metrics.flatMap(({ step, entropy, outsideLimit: side }) =>
    side === null || entropy === null ? [] : [{ step, entropy, side }],
  )
  return outside[0] === undefined ? null : { steps: outside.length, ...outside[0] }
}

/** Returns whether the entropy of a step was in its band, bounds included; false for a batch without tokens. */
export const isInBand = ({ entropy, low, high }: StepMetrics): boolean =>
  entropy !== null && low <= entropy && entropy <= high

/** Returns the share of steps in the band, of those with a measured entropy; null if there is none. */
export const inBandShare = ({ metrics }: RunHistory): number | null => {
  const measured = metrics.filter(({ entropy }) => entropy !== null)
  return measured.length === 0 ? null : measured.filter(isInBand).length / measured.length
}

/** Returns the median time of a step, over the last `window` steps or all; null before the first step. @units seconds */
export const medianStepSeconds = ({ seconds }: RunHistory, window = Infinity): number | null => {
  const recent = seconds.slice(-Math.min(window, seconds.length)).map(({ total }) => total)
  return recent.length === 0 ? null : median(recent)
}

/** Number of latest steps whose median time estimates the time of a step. */
const RECENT = 20
/** Number of steps, besides the first, that an estimate of the remaining time needs. */
const ENOUGH = 3

/**
 * Estimates the time of the remaining steps from the median of the last 20 steps. The first step is left out, because
 * programs are compiled in it. Null until three other steps have ended.
 *
 *     times      30  2 2 3 2      the first step compiles
 *     estimate   -   - - 2 n      2 s for each of n remaining steps
 *
 * @units seconds
 * @example
 * estimateSecondsLeft([30, 2, 2, 3], 10) // 20
 */
export const estimateSecondsLeft = (stepSeconds: readonly number[], remaining: number): number | null => {
  const usable = stepSeconds.slice(1).slice(-RECENT)
  return usable.length < ENOUGH ? null : median(usable) * Math.max(0, remaining)
}

/** Returns the time of all steps per stage. @units seconds */
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
