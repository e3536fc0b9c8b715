import type { GroupEstimator } from './estimator.js'

/**
 * Rejection-sampling fine-tuning: imitate what was right, and leave out the rest.
 *
 *     A = 1 where r > 0, otherwise excluded
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source RAFT, arXiv:2304.06767
 */
export const raft = (): GroupEstimator => ({
  name: 'raft',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => rewards_G.map((reward) => (reward > 0 ? 1 : null)),
})
