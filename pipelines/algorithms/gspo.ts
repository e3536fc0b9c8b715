import { grpo } from '../../lib/advantage/grpo.js'
import { gspo } from '../../lib/objective/gspo.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * GSPO: GRPO with one clipped ratio per response instead of one per token.
 *
 *     A    = (r - mean r) / (std r + 1e-6)        over the group
 *     s    = exp( mean_t(logprob - old logprob) )
 *     loss = -min( s A, clip(s, 1 - 3e-4, 1 + 4e-4) A ), mean of response means, 4 minibatches
 *
 * Paper: arXiv:2507.18071 (Entrocraft's runs clipped at 0.2 and 0.2). Predicted: entropy falls.
 */
export const gspoAlgorithm = algorithm({
  about: 'GRPO with one clipped ratio per response instead of one per token',
  paper: 'arXiv:2507.18071',
  found: { fall: 0.35, inside: 0.96 },
  defaults: { ...offPolicyDefaults, aggregation: 'seq-mean-token-mean', clipLow: 3e-4, clipHigh: 4e-4 },
  stages: (options) => ({ estimator: grpo(), objective: gspo(options) }),
})
