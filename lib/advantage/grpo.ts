import { checked, nonNegative } from '../option.js'
import { mean, sampleVariance } from '../statistics.js'
import type { GroupEstimator } from './estimator.js'
import { hasZeroVariance } from './zero-variance.js'

/** Options of {@link grpo}. */
export interface GrpoOptions {
  /** Number added to the standard deviation. @units reward */
  readonly eps?: number
}

/**
 * Estimator GRPO: reward relative to the mean of its group, in standard deviations of the group.
 *
 *     A_g = (r_g - mean r) / (std r + eps)        std: sample, n - 1
 *
 * A group of one response has nothing to compare with, so A = r. A group of equal rewards has advantages of exactly 0,
 * because the rounding error of its mean, divided by eps, would be noise.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward in, no unit out
 * @source DeepSeekMath, arXiv:2402.03300
 * @example
 * grpo().advantages([1, 0]) // about [0.71, -0.71]
 */
export const grpo = (options: GrpoOptions = {}): GroupEstimator => {
  const { eps = 1e-6 } = checked(options, { eps: nonNegative })
  return {
    name: 'grpo',
    scope: 'group',
    rewards: 'any',
    advantages: (rewards_G) => {
      if (rewards_G.length === 1) return rewards_G
      if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
      const center = mean(rewards_G)
      const deviation = Math.sqrt(sampleVariance(rewards_G))
      return rewards_G.map((reward) => (reward - center) / (deviation + eps))
    },
  }
}
