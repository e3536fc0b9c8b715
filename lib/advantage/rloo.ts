import { mean } from '../statistics.js'
import type { GroupEstimator } from './estimator.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * Estimator RLOO: REINFORCE with a leave-one-out baseline.
 *
 *     A_g = r_g - mean_{h != g} r_h = (r_g - mean r) G / (G - 1)
 *
 * A group of one response has no baseline, so A = r. A group of equal rewards has advantages of exactly 0.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source RLOO, arXiv:2402.14740
 * @example
 * rloo().advantages([1, 0]) // [1, -1]
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
