import { mean } from '../statistics.js'
import type { BatchEstimator } from './estimator.js'
import { rewardScale, whiten } from './whiten.js'
import { hasZeroVariance } from './zero-variance.js'

/**
 * Estimator REINFORCE++ with baseline: reward minus the mean of its group, normalised over the tokens of the batch.
 *
 *     A = whiten( r - mean of the group )        whiten: mean 0 and variance 1 over all tokens of the batch
 *
 * A group of equal rewards, up to rounding, enters with exactly 0. The advantages do not depend on the scale of the rewards.
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
  advantages: (groups_P) =>
    whiten(
      groups_P.map((group) => ({ ...group, rewards_G: subtractMean(group.rewards_G) })),
      rewardScale(groups_P),
    ),
})

const subtractMean = (rewards_G: readonly number[]): readonly number[] => {
  if (hasZeroVariance(rewards_G)) return rewards_G.map(() => 0)
  const baseline = mean(rewards_G)
  return rewards_G.map((reward) => reward - baseline)
}
