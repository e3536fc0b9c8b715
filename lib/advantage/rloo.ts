import type { GroupEstimator } from './estimator.js'
import { mean } from './mean.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * REINFORCE with the other responses of the group as the baseline.
 *
 *     A_g = r_g - mean of the others = (r_g - mean r) G / (G - 1)
 *
 * A group of one has no others: A = r. A group of equal rewards is exactly 0.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source RLOO, arXiv:2402.14740
 */
export const rloo = (): GroupEstimator => ({
  name: 'rloo',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => {
    const size = rewards_G.length
    if (size === 1) return rewards_G
    if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
    const center = mean(rewards_G)
    return rewards_G.map((reward) => ((reward - center) * size) / (size - 1))
  },
})
