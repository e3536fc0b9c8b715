import type { GroupEstimator } from './estimator.js'

/**
 * Negative-sample reinforcement: only what was wrong is pushed down.
 *
 *     A = min(r, 0)
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source NSR, arXiv:2506.01347
 */
export const nsr = (): GroupEstimator => ({
  name: 'nsr',
  scope: 'group',
  rewards: 'signed',
  advantages: (rewards_G) => rewards_G.map((reward) => Math.min(reward, 0)),
})
