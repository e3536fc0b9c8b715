import type { GroupEstimator } from './estimator.js'

/**
 * Weighted REINFORCE: right answers weigh less than wrong ones.
 *
 *     A = weight r where r > 0, otherwise r
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source W-REINFORCE, arXiv:2506.01347 (lambda = 0.1)
 */
export const wReinforce = ({ positiveWeight = 0.1 }: { readonly positiveWeight?: number } = {}): GroupEstimator => ({
  name: 'w-reinforce',
  scope: 'group',
  rewards: 'signed',
  advantages: (rewards_G) => rewards_G.map((reward) => (reward > 0 ? positiveWeight * reward : reward)),
})
