import type { BatchEstimator } from './estimator.js'
import { whiten } from './whiten.js'

/**
 * Estimator REINFORCE++: reward normalised over the tokens of the batch.
 *
 *     A = (r - mean r) / sqrt(var r + 1e-8)        mean and variance over all tokens of the batch
 *
 * Mean and variance run over tokens, not over responses, so a long response weighs more, as in verl.
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
  advantages: whiten,
})
