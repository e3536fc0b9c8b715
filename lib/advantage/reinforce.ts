import type { GroupEstimator } from './estimator.js'

/**
 * The reward itself: no baseline.
 *
 *     A = r
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source Williams 1992
 */
export const reinforce = (): GroupEstimator => ({
  name: 'reinforce',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => rewards_G,
})
