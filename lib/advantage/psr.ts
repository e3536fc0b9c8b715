import type { GroupEstimator } from './estimator.js'

/**
 * Positive-sample reinforcement: only what was right is reinforced.
 *
 *     A = max(r, 0)
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source PSR, arXiv:2506.01347
 */
export const psr = (): GroupEstimator => ({
  name: 'psr',
  scope: 'group',
  rewards: 'signed',
  advantages: (rewards_G) => rewards_G.map((reward) => Math.max(reward, 0)),
})
