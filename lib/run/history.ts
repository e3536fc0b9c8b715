import type { LimitSide } from '../entropy/outside-limit.js'
import { refusals } from '../policy/learner.js'
import type { StepSeconds } from '../timing/step-seconds.js'
import { median } from '../statistics.js'
import { append, type Column, emptyColumn, numbersOf } from './column.js'
import { addPrompts, noPrompts, type PromptCounts } from './prompt-account.js'
import type { StepMetrics } from './step-metrics.js'

/** Metrics and times of one step. */
export interface LoggedStep {
  readonly metrics: StepMetrics
  readonly seconds: StepSeconds
}

/**
 * Steps of a run so far: the latest, counts and sums of all, and four numbers of each. The logs have the rest, so that a long run
 * needs no more memory than a short one, except 32 bytes for each step.
 */
export interface RunHistory {
  readonly steps: number
  /** Latest step; null before the first. */
  readonly latest: LoggedStep | null
  /** Entropy and band of each step; NaN for a step without an entropy. @units nats per token */
  readonly entropy: Column
  readonly low: Column
  readonly high: Column
  /** Time of each step. @units seconds */
  readonly stepSeconds: Column
  /** Number of steps that did not update the weights. */
  readonly skipped: number
  readonly refused: RefusedUpdates
  readonly limitBreach: LimitBreach | null
  /** Number of steps whose entropy was in its band. */
  readonly inBand: number
  /** Prompts of the steps; null if a log of an earlier version does not have them. */
  readonly prompts: PromptCounts | null
  readonly secondsByStage: Omit<StepSeconds, 'step' | 'residentBytes'>
}

/** Number of updates that the learner refused, by reason. */
export type RefusedUpdates = Readonly<Record<string, number>>

/** Steps whose entropy was outside its hard limit. */
export interface LimitBreach {
  /** Number of such steps. */
  readonly steps: number
  /** First such step, from 0 on, its entropy and the side on which that is outside. @units nats per token */
  readonly step: number
  readonly entropy: number
  readonly side: LimitSide
}

/** History of a run before its first step. */
export const emptyHistory: RunHistory = {
  steps: 0,
  latest: null,
  entropy: emptyColumn,
  low: emptyColumn,
  high: emptyColumn,
  stepSeconds: emptyColumn,
  skipped: 0,
  refused: {},
  limitBreach: null,
  inBand: 0,
  prompts: noPrompts,
  secondsByStage: { sample: 0, score: 0, update: 0, operators: 0, total: 0 },
}

/** Adds a step to a history; the accumulator of `scan`. */
export const addStep = (history: RunHistory, latest: LoggedStep): RunHistory => {
  const { metrics, seconds } = latest
  return {
    steps: history.steps + 1,
    latest,
    entropy: append(history.entropy, metrics.entropy ?? NaN),
    low: append(history.low, metrics.low),
    high: append(history.high, metrics.high),
    stepSeconds: append(history.stepSeconds, seconds.total),
    skipped: history.skipped + (metrics.status === 'updated' ? 0 : 1),
    refused: addRefusal(history.refused, metrics),
    limitBreach: addBreach(history.limitBreach, metrics),
    inBand: history.inBand + (isInBand(metrics) ? 1 : 0),
    prompts: addPrompts(history.prompts, metrics),
    secondsByStage: addSeconds(history.secondsByStage, seconds),
  }
}

type Refusable = Pick<StepMetrics, 'status'>

const addRefusal = (counts: RefusedUpdates, { status }: Refusable): RefusedUpdates =>
  refusals.some((refusal) => refusal === status) ? { ...counts, [status]: (counts[status] ?? 0) + 1 } : counts

/** Returns the number of updates that the learner refused in some steps, by reason. */
export const refusedUpdates = (steps: readonly Refusable[]): RefusedUpdates => steps.reduce(addRefusal, {})

type Limited = Pick<StepMetrics, 'step' | 'entropy' | 'outsideLimit'>

const addBreach = (breach: LimitBreach | null, { step, entropy, outsideLimit: side }: Limited): LimitBreach | null => {
  if (side === null || entropy === null) return breach
  return breach === null ? { steps: 1, step, entropy, side } : { ...breach, steps: breach.steps + 1 }
}

/** Returns those of some steps whose entropy was outside its hard limit; null if there are none. */
export const limitBreach = (steps: readonly Limited[]): LimitBreach | null =>
  steps.reduce<LimitBreach | null>(addBreach, null)

type StageSeconds = RunHistory['secondsByStage']

const addSeconds = (sums: StageSeconds, step: StageSeconds): StageSeconds => ({
  sample: sums.sample + step.sample,
  score: sums.score + step.score,
  update: sums.update + step.update,
  operators: sums.operators + step.operators,
  total: sums.total + step.total,
})

/** Returns whether the entropy of a step was in its band, bounds included; false for a batch without tokens. */
export const isInBand = ({ entropy, low, high }: StepMetrics): boolean =>
  entropy !== null && low <= entropy && entropy <= high

/** Entropy and band of steps by their place. An array is one. */
export interface BandSteps {
  readonly length: number
  readonly at: (place: number) => Pick<StepMetrics, 'entropy' | 'low' | 'high'> | undefined
}

/** Returns the entropy and the band of each step. */
export const bandSteps = ({ steps, entropy, low, high }: RunHistory): BandSteps => {
  const [entropies, lows, highs] = [entropy, low, high].map(numbersOf)
  return {
    length: steps,
    at: (place) => ({
      entropy: Number.isNaN(entropies![place]) ? null : entropies![place]!,
      low: lows![place]!,
      high: highs![place]!,
    }),
  }
}

/** Returns the share of steps in the band, of those with a measured entropy; null if there is none. */
export const inBandShare = ({ entropy, inBand }: Pick<RunHistory, 'entropy' | 'inBand'>): number | null => {
  const measured = numbersOf(entropy).reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0)
  return measured === 0 ? null : inBand / measured
}

/** Returns the median time of a step, over the last `window` steps or all; null before the first step. @units seconds */
export const medianStepSeconds = (
  { stepSeconds }: Pick<RunHistory, 'stepSeconds'>,
  window = stepSeconds.length,
): number | null => (stepSeconds.length === 0 ? null : median([...numbersOf(stepSeconds).slice(-window)]))

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
export const estimateSecondsLeft = (
  stepSeconds: readonly number[] | Float64Array,
  remaining: number,
): number | null => {
  const usable = [...stepSeconds.slice(Math.max(1, stepSeconds.length - RECENT))]
  return usable.length < ENOUGH ? null : median(usable) * Math.max(0, remaining)
}
