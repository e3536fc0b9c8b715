import type { GroupEstimator } from './estimator.js'

/**
 * Estimator REINFORCE: the reward itself, without a baseline.
 *
 *     A = r
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source Williams 1992
 * @example
 * reinforce().advantages([1, -1]) // [1, -1]
 */
export const reinforce = (): GroupEstimator => ({
  name: 'reinforce',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => rewards_G,
})
