import { grpo } from '../../lib/advantage/grpo.js'
import { clipCov } from '../../lib/objective/clip-cov.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Clip-Cov: GRPO without the gradient of a few random tokens whose log-probability and advantage covary strongly.
 *
 *     cov  = (A - mean A)(logprob - mean logprob)
 *     loss = -min( ratio A, clip(ratio, 0, 2) A ), 0 on a random 0.0002 of the tokens, of those with 1 < cov < 5, 4 minibatches
 *
 * Paper: arXiv:2505.22617.
 */
export const clipCovAlgorithm = algorithm({
  about: 'GRPO without the gradient of a few random tokens of high covariance',
  paper: 'arXiv:2505.22617',
  found: { fall: 0.36, inside: 0.94 },
  defaults: {
    ...offPolicyDefaults,
    clipLow: 1,
    clipHigh: 1,
    covRatio: 2e-4,
    covLow: 1,
    covHigh: 5,
  },
  stages: (options) => ({ estimator: grpo(), objective: clipCov(options) }),
})
