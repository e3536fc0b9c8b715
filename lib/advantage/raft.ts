import type { GroupEstimator } from './estimator.js'

/**
 * Estimator RAFT, rejection-sampling fine-tuning: correct responses are imitated, other responses are excluded.
 *
 *     A = 1 where r > 0, otherwise excluded
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward in, no unit out
 * @source RAFT, arXiv:2304.06767
 * @example
 * raft().advantages([1, -1]) // [1, null]
 */
export const raft = (): GroupEstimator => ({
  name: 'raft',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => rewards_G.map((reward) => (reward > 0 ? 1 : null)),
})
