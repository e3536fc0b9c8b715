import { mean } from '../statistics.js'
import type { GroupEstimator } from './estimator.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * Estimator GRPO without the division by the standard deviation of the group, known as Dr. GRPO.
 *
 *     A_g = r_g - mean r
 *
 * The division would give a large weight to questions that are nearly always, or nearly never, answered correctly. A
 * group of equal rewards, or of one response, has advantages of exactly 0.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source Dr. GRPO, arXiv:2503.20783
 * @example
 * drGrpo().advantages([1, 0, 0, 1]) // [0.5, -0.5, -0.5, 0.5]
 */
export const drGrpo = (): GroupEstimator => ({
  name: 'dr-grpo',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => {
    if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
    const center = mean(rewards_G)
    return rewards_G.map((reward) => reward - center)
  },
})
