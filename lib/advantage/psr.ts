import type { GroupEstimator } from './estimator.js'

/**
 * Estimator PSR, positive-sample reinforcement: only correct responses train, and their tokens become more likely.
 *
 *     A = max(r, 0)
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source PSR, arXiv:2506.01347
 * @example
 * psr().advantages([1, -1]) // [1, 0]
 */
export const psr = (): GroupEstimator => ({
  name: 'psr',
  scope: 'group',
  rewards: 'signed',
  advantages: (rewards_G) => rewards_G.map((reward) => Math.max(reward, 0)),
})
