import { checkOption, checkOptions, integerFrom, nonNegative } from '../option.js'

/** Learning rate of an optimiser step, by the number of the step, counted from 0. Pure. */
export type LearningRate = (step: number) => number

/**
 * Learning rate that rises linearly over `warmup` steps and then stays at `rate`. The first steps of AdamW all have full
 * size, so a warm-up keeps them small.
 *
 *     rate(s) = rate min(1, (s + 1) / (warmup + 1))
 *
 * @units  warmup in optimiser steps; 0 has no warm-up
 * @errors RangeError for a rate that is no number >= 0, or a warm-up that is no integer >= 0
 * @example
 * constantRate(1e-3, 4) // 2e-4, 4e-4, 6e-4, 8e-4, 1e-3, 1e-3, …
 */
export const constantRate = (rate: number, warmup = 0): LearningRate => {
  checkOption('rate', rate, nonNegative)
  checkOption('warmup', warmup, integerFrom(0))
  return (step) => rate * Math.min(1, (step + 1) / (warmup + 1))
}

/** Options of {@link warmupCosine} and {@link warmupLinear}. */
export interface WarmupDecayOptions {
  /** Largest learning rate. */
  readonly peak: number
  /** Learning rate from the last step on; 0 unless given. */
  readonly end?: number
  /** Length of the rise; 0 starts at the peak. @units optimiser steps */
  readonly warmup: number
  /** Step at which the rate reaches `end`. @units optimiser steps */
  readonly steps: number
}

/**
 * Learning rate that rises linearly over `warmup` steps to `peak`, then falls along half a cosine to `end` at `steps`.
 *
 *     s <  warmup    rate(s) = peak (s + 1) / warmup
 *     s >= warmup    rate(s) = end + (peak - end) (1 + cos(pi p)) / 2        p = (s - warmup) / (steps - warmup), at most 1
 *
 * @errors RangeError for a rate that is no number >= 0, a warm-up that is no integer >= 0, or steps that are no integer >= 0
 * @example
 * warmupCosine({ peak: 1e-3, warmup: 100, steps: 1000 })
 */
export const warmupCosine = (options: WarmupDecayOptions): LearningRate =>
  warmupDecay(options, (progress) => (1 + Math.cos(Math.PI * progress)) / 2)

/**
 * Learning rate that rises linearly over `warmup` steps to `peak`, then falls linearly to `end` at `steps`.
 *
 *     s <  warmup    rate(s) = peak (s + 1) / warmup
 *     s >= warmup    rate(s) = end + (peak - end) (1 - p)        p = (s - warmup) / (steps - warmup), at most 1
 *
 * @example
 * warmupLinear({ peak: 1e-3, warmup: 100, steps: 1000 })
 */
export const warmupLinear = (options: WarmupDecayOptions): LearningRate =>
  warmupDecay(options, (progress) => 1 - progress)

/** `remaining` maps the progress of the decay, in [0, 1], to the part of it that is left. */
const warmupDecay = (
  { peak, end = 0, warmup, steps }: WarmupDecayOptions,
  remaining: (progress: number) => number,
): LearningRate => {
  checkOptions(
    { peak, end, warmup, steps },
    { peak: nonNegative, end: nonNegative, warmup: integerFrom(0), steps: integerFrom(0) },
  )
  return (step) =>
    step < warmup
      ? (peak * (step + 1)) / warmup
      : end + (peak - end) * remaining(Math.min(1, (step - warmup) / Math.max(1, steps - warmup)))
}
