import { uniform } from '../random/uniform.js'

/** A mean and its confidence interval. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface BootstrapOptions {
  /** First part of every draw's key (seed, resample, place). */
  readonly seed: number
  readonly resamples?: number
  /** Share of the resampled means inside the interval. */
  readonly level?: number
}

/**
 * Mean over questions with its percentile bootstrap interval: the questions are redrawn with replacement.
 *
 *     low, high = quantiles (1 - level) / 2 and (1 + level) / 2 of the resampled means
 *
 * The interval speaks of other questions of the same kind. Where all values are equal it has no width, which says
 * little when there are few questions.
 *
 * @shape  values_Q [Q], one number per question; NaN throughout for none
 */
export const bootstrap = (
  values_Q: readonly number[],
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Estimate => {
  const size = values_Q.length
  const means = Float64Array.from({ length: resamples }, (_, resample) =>
    mean(size, (place) => values_Q[Math.floor(uniform(seed, resample, place) * size)]!),
  ).sort()
  return {
    value: mean(size, (question) => values_Q[question]!),
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
  }
}

const mean = (size: number, valueAt: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < size; i++) sum += valueAt(i)
  return sum / size
}

/** Of sorted values, linear between neighbours. */
const quantile = (sorted: Float64Array, share: number): number => {
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1)
}
