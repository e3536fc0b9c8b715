import type { GroupEstimator } from './estimator.js'
import { mean } from './mean.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * Group-relative advantage: how much better a response did than its own group.
 *
 *     A_g = (r_g - mean r) / (std r + eps)        std: sample, n - 1
 *
 * A group of one has nothing to compare with: A = r. A group of equal rewards is exactly 0, not rounding noise over eps.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward in, unit-free out
 * @source DeepSeekMath, arXiv:2402.03300
 */
export const grpo = ({ eps = 1e-6 }: { readonly eps?: number } = {}): GroupEstimator => ({
  name: 'grpo',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => {
    if (rewards_G.length === 1) return rewards_G
    if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
    const center = mean(rewards_G)
    const variance = rewards_G.reduce((sum, reward) => sum + (reward - center) ** 2, 0) / (rewards_G.length - 1)
    return rewards_G.map((reward) => (reward - center) / (Math.sqrt(variance) + eps))
  },
})
