import { grpo } from '../../lib/advantage/grpo.js'
import { clipV } from '../../lib/objective/clip-v.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Clip-V: GRPO without the gradient of the wrong tokens that reduce entropy most.
 *
 *     S    = p (H + log p) of the sampled token,  D = E_p[S] - S
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), 0 where A < 0 and D > 2 std D, on at most 0.0001 of the tokens,
 *            those of largest D, 4 minibatches
 *
 * Paper: arXiv:2602.03392.
 */
export const clipVAlgorithm = algorithm({
  about: 'GRPO without the gradient of the wrong tokens that reduce entropy most',
  paper: 'arXiv:2602.03392',
  found: { fall: 0.34, inside: 0.93 },
  defaults: { ...offPolicyDefaults, clipLow: 0.2, clipHigh: 0.2, mu: 2, maxShare: 1e-4 },
  stages: (options) => ({ estimator: grpo(), objective: clipV(options) }),
})
