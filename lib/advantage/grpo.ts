import type { Estimator } from './estimator.js'
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
export const grpo = ({ eps = 1e-6 }: { readonly eps?: number } = {}): Estimator => ({
  name: 'grpo',
  scope: 'group',
  advantages: (rewards_G) => {
    const size = rewards_G.length
    if (size === 1) return rewards_G
    if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
    const mean = rewards_G.reduce((sum, reward) => sum + reward, 0) / size
    const variance = rewards_G.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / (size - 1)
    return rewards_G.map((reward) => (reward - mean) / (Math.sqrt(variance) + eps))
  },
})
