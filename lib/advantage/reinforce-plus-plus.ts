import type { BatchEstimator } from './estimator.js'
import { rewardScale, whiten } from './whiten.js'

/**
 * Estimator REINFORCE++: reward normalised over the tokens of the batch.
 *
 *     A = (r - mean r) / sqrt(var r + 1e-8 s^2)        mean and variance over all tokens of the batch
 *
 * s is half the range of the rewards, 1 for rewards of -1 and 1, so the advantages do not depend on the scale of the
 * rewards; verl has s = 1. Mean and variance run over tokens, not over responses, so a long response weighs more, as in verl.
 *
 * @shape  groups_P [P]  ->  one list of advantages per group
 * @units  reward in, no unit out
 * @source REINFORCE++, arXiv:2501.03262
 * @example
 * reinforcePlusPlus().advantages([{ rewards_G: [1, 0], tokens_G: [8, 8] }])
 */
export const reinforcePlusPlus = (): BatchEstimator => ({
  name: 'reinforce++',
  scope: 'batch',
  rewards: 'any',
  advantages: (groups_P) => whiten(groups_P, rewardScale(groups_P)),
})
