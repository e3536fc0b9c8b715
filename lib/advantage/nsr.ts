import type { GroupEstimator } from './estimator.js'

/**
 * Estimator NSR, negative-sample reinforcement: only incorrect responses train, and their tokens become less likely.
 *
 *     A = min(r, 0)
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source NSR, arXiv:2506.01347
 * @example
 * nsr().advantages([1, -1]) // [0, -1]
 */
export const nsr = (): GroupEstimator => ({
  name: 'nsr',
  scope: 'group',
  rewards: 'signed',
  advantages: (rewards_G) => rewards_G.map((reward) => Math.min(reward, 0)),
})
