import { grpo } from '../../lib/advantage/grpo.js'
import { klCov } from '../../lib/objective/kl-cov.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * KL-Cov: policy gradient with a KL penalty on the few tokens whose log-probability and advantage covary most.
 *
 *     cov  = (A - mean A)(logprob - mean logprob)
 *     loss = -ratio A, plus |logprob - old logprob| on the 0.0002 of the tokens of largest cov, 4 minibatches
 *
 * Paper: arXiv:2505.22617 (Entrocraft's released code sets a coefficient of 0.1).
 */
export const klCovAlgorithm = algorithm({
  about: 'policy gradient with a KL penalty on a few tokens of high covariance',
  paper: 'arXiv:2505.22617',
  found: { fall: 0.33, inside: 0.92 },
  defaults: { ...offPolicyDefaults, covShare: 2e-4, covCoefficient: 1 },
  stages: (options) => ({ estimator: grpo(), objective: klCov(options) }),
})
