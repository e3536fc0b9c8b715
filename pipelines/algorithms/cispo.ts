import { grpo } from '../../lib/advantage/grpo.js'
import { cispo } from '../../lib/objective/cispo.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * CISPO: the policy gradient weighed by a clipped ratio, so that no token is lost to clipping.
 *
 *     loss = -sg( clip(ratio, 0, 5) ) A logprob, 4 minibatches
 *
 * Paper: MiniMax-M1, arXiv:2506.13585.
 */
export const cispoAlgorithm = algorithm({
  about: 'the policy gradient weighed by a clipped ratio',
  paper: 'arXiv:2506.13585',
  defaults: { ...offPolicyDefaults, ratioLow: 0, ratioHigh: 5 },
  stages: (options) => ({ estimator: grpo(), objective: cispo(options) }),
})
