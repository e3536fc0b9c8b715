import { mean } from '../statistics.js'
import type { BatchEstimator } from './estimator.js'
import { whiten } from './whiten.js'

/**
 * Estimator REINFORCE++ with baseline: reward minus the mean of its group, normalised over the tokens of the batch.
 *
 *     A = whiten( r - mean of the group )        whiten: mean 0 and variance 1 over all tokens of the batch
 *
 * @shape  groups_P [P]  ->  one list of advantages per group
 * @units  reward in, no unit out
 * @source REINFORCE++-baseline, arXiv:2501.03262
 * @example
 * reinforcePlusPlusBaseline().advantages([{ rewards_G: [1, 0], tokens_G: [8, 8] }])
 */
export const reinforcePlusPlusBaseline = (): BatchEstimator => ({
  name: 'reinforce++-baseline',
  scope: 'batch',
  rewards: 'any',
  advantages: (groups_P) => whiten(groups_P.map((group) => ({ ...group, rewards_G: subtractMean(group.rewards_G) }))),
})

const subtractMean = (rewards_G: readonly number[]): readonly number[] => {
  const baseline = mean(rewards_G)
  return rewards_G.map((reward) => reward - baseline)
}
