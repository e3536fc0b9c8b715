import { reinforce } from '../../lib/advantage/reinforce.js'
import { reinforceLoss } from '../../lib/objective/reinforce.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE: the policy gradient on the reward as it is.
 *
 *     A    = r
 *     loss = -A logprob
 *
 * Paper: Williams 1992; as GPG, arXiv:2504.02546.
 */
export const reinforceAlgorithm = algorithm({
  about: 'the policy gradient on the reward as it is',
  paper: 'Williams 1992',
  defaults: {},
  stages: (options) => ({ estimator: reinforce(), objective: reinforceLoss(options) }),
})
