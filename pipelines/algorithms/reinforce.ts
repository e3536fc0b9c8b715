import { reinforce } from '../../lib/advantage/reinforce.js'
import { reinforceLoss } from '../../lib/objective/reinforce.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE: policy gradient on the reward, without a baseline.
 *
 *     A    = r
 *     loss = -A logprob
 *
 * Paper: Williams 1992; under the name GPG, arXiv:2504.02546.
 */
export const reinforceAlgorithm = algorithm({
  about: 'policy gradient on the reward, without a baseline',
  paper: 'Williams 1992',
  found: { fall: 0.4, inside: 0.93 },
  defaults: {},
  stages: (options) => ({ estimator: reinforce(), objective: reinforceLoss(options) }),
})
