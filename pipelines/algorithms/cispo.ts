import { grpo } from '../../lib/advantage/grpo.js'
import { cispo } from '../../lib/objective/cispo.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * CISPO: policy gradient weighted by a clipped ratio without gradient, so that clipping removes no token.
 *
 *     A    = (r - mean r) / (std r + 1e-6)        over the group
 *     loss = -sg( clip(ratio, 0, 5) ) A logprob, 4 minibatches        sg: stop gradient
 *
 * Paper: MiniMax-M1, arXiv:2506.13585.
 */
export const cispoAlgorithm = algorithm({
  about: 'policy gradient weighted by a clipped ratio that carries no gradient',
  paper: 'arXiv:2506.13585',
  found: { fall: 0.36, inside: 0.89 },
  defaults: { ...offPolicyDefaults, ratioLow: 0, ratioHigh: 5 },
  stages: (options) => ({ estimator: grpo(), objective: cispo(options) }),
})
