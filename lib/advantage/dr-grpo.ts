import type { GroupEstimator } from './estimator.js'
import { mean } from './mean.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * GRPO without the division by the group's standard deviation, which favours questions that are nearly always, or
 * nearly never, answered right.
 *
 *     A_g = r_g - mean r
 *
 * A group of equal rewards, or of one, is exactly 0.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source Dr. GRPO, arXiv:2503.20783
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
