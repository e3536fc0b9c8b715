import type { BatchEstimator } from './estimator.js'
import { whitened } from './whitened.js'

/**
 * The reward, whitened over the batch.
 *
 *     A = (r - mean r) / sqrt(var r + 1e-8)        mean and variance over all tokens of the batch
 *
 * Over tokens, not responses: a long response weighs more, as in verl.
 *
 * @shape  groups_P [P]  ->  one list per group
 * @source REINFORCE++, arXiv:2501.03262
 */
export const reinforcePlusPlus = (): BatchEstimator => ({
  name: 'reinforce++',
  scope: 'batch',
  rewards: 'any',
  advantages: whitened,
})
