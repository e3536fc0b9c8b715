import { checkOptions, fraction, integerFrom } from '../option.js'
import { uniform } from '../random/uniform.js'
import { mean, quantile } from '../statistics.js'

/** Mean with its confidence interval. */
export interface Estimate {
  readonly value: number
  /** Lower bound of the interval. */
  readonly low: number
  /** Upper bound of the interval. */
  readonly high: number
}

/** Options of {@link bootstrap}. */
export interface BootstrapOptions {
  /** Seed of the random numbers: the same seed gives the same interval. */
  readonly seed: number
  /** Number of resamples [1000]. */
  readonly resamples?: number
  /** Confidence level: the share of the resampled means inside the interval, in (0, 1) [0.95]. */
  readonly level?: number
}

/**
 * Mean over questions with its percentile bootstrap interval: questions are resampled with replacement.
 *
 *     low, high = quantiles (1 - level) / 2 and (1 + level) / 2 of the resampled means
 *
 * The interval estimates the mean over all questions of the same kind. If all values are equal its width is 0, which is
 * weak evidence when there are few questions.
 *
 * @errors RangeError for an impossible option
 * @shape values_Q [Q], one number per question; all three numbers are NaN without questions
 * @example
 * bootstrap([1, 0, 1, 1], { seed: 7 }).value // 0.75
 */
export const bootstrap = (
  values_Q: readonly number[],
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Estimate => {
  checkOptions({ seed, resamples, level }, { seed: integerFrom(0), resamples: integerFrom(1), level: fraction })
  const size = values_Q.length
  const resample_Q = new Float64Array(size)
  const means = new Float64Array(resamples).map((_, resample) => {
    for (let q = 0; q < size; q++) resample_Q[q] = values_Q[Math.floor(uniform(seed, resample, q) * size)]!
    return mean(resample_Q)
  })
  const ascending = means.sort()
  return {
    value: mean(values_Q),
    low: quantile(ascending, (1 - level) / 2),
    high: quantile(ascending, (1 + level) / 2),
  }
}
