import { grpo } from '../../lib/advantage/grpo.js'
import { clipB } from '../../lib/objective/clip-b.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Clip-B: GRPO without the gradient of wrong tokens whose S is far below the mean of the batch.
 *
 *     S    = p (H + log p) of the sampled token
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), 0 where A < 0 and S - mean S < -2.5 std S, 4 minibatches
 *
 * Paper: arXiv:2602.03392.
 */
export const clipBAlgorithm = algorithm({
  about: 'GRPO without the gradient of wrong tokens whose S is far below average',
  paper: 'arXiv:2602.03392',
  found: { fall: 0.35, inside: 0.86 },
  defaults: { ...offPolicyDefaults, clipLow: 0.2, clipHigh: 0.2, mu: 2.5 },
  stages: (options) => ({ estimator: grpo(), objective: clipB(options) }),
})
