import type { BatchEstimator } from './estimator.js'
import { mean } from './mean.js'
import { whitened } from './whitened.js'

/**
 * The reward against the mean of its group, whitened over the batch's tokens.
 *
 *     A = whiten( r - mean of the group )
 *
 * @shape  groups_P [P]  ->  one list per group
 * @source REINFORCE++-baseline, arXiv:2501.03262
 */
export const reinforcePlusPlusBaseline = (): BatchEstimator => ({
  name: 'reinforce++-baseline',
  scope: 'batch',
  rewards: 'any',
  advantages: (groups_P) => whitened(groups_P.map((group) => ({ ...group, rewards_G: centred(group.rewards_G) }))),
})

const centred = (rewards_G: readonly number[]): readonly number[] => {
  const center = mean(rewards_G)
  return rewards_G.map((reward) => reward - center)
}
