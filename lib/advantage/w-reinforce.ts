import { checked, nonNegative } from '../option.js'
import type { GroupEstimator } from './estimator.js'

/** Options of {@link wReinforce}. */
export interface WReinforceOptions {
  /** Factor of positive rewards (lambda in the paper). */
  readonly positiveWeight?: number
}

/**
 * Estimator W-REINFORCE, weighted REINFORCE: correct responses weigh less than incorrect ones.
 *
 *     A = positiveWeight r where r > 0, otherwise r
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source W-REINFORCE, arXiv:2506.01347 (lambda = 0.1)
 * @example
 * wReinforce({ positiveWeight: 0.5 }).advantages([1, -1]) // [0.5, -1]
 */
export const wReinforce = (options: WReinforceOptions = {}): GroupEstimator => {
  const { positiveWeight = 0.1 } = checked(options, { positiveWeight: nonNegative })
  return {
    name: 'w-reinforce',
    scope: 'group',
    rewards: 'signed',
    advantages: (rewards_G) => rewards_G.map((reward) => (reward > 0 ? positiveWeight * reward : reward)),
  }
}
