import { checked, nonNegative } from '../option.js'
import { mean, sampleVariance } from '../statistics.js'
import type { GroupEstimator } from './estimator.js'
import { halfRange, hasZeroVariance } from './zero-variance.js'

/** Options of {@link grpo}. */
export interface GrpoOptions {
  /** Number added to the standard deviation, for rewards of -1 and 1; it is multiplied by the scale of the rewards. */
  readonly eps?: number
}

/**
 * Estimator GRPO: reward relative to the mean of its group, in standard deviations of the group.
 *
 *     A_g = (r_g - mean r) / (std r + eps (max r - min r) / 2)        std: sample, n - 1
 *
 * The paper adds eps itself. The factor is 1 for rewards of -1 and 1, and makes the advantages independent of the scale of
 * the rewards: rewards multiplied by any positive number have the same advantages.
 *
 * A group of one response has nothing to compare with, so A = r. A group of equal rewards, up to rounding, has advantages of
 * exactly 0, because the rounding error of its mean, divided by eps, would be noise.
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
      const scale = Math.sqrt(sampleVariance(rewards_G)) + eps * halfRange(rewards_G)
      return rewards_G.map((reward) => (reward - center) / scale)
    },
  }
}
