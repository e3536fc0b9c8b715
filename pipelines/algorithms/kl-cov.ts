import { grpo } from '../../lib/advantage/grpo.js'
import { klCov } from '../../lib/objective/kl-cov.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * KL-Cov: the policy gradient, with the tokens of highest covariance held to where they were.
 *
 *     cov  = (A - mean A)(logprob - mean logprob)
 *     loss = -ratio A, plus |logprob - old logprob| on the top 0.0002 of the tokens by cov, 4 minibatches
 *
 * Paper: arXiv:2505.22617 (Entrocraft's released code configures a coefficient of 0.1).
 */
export const klCovAlgorithm = algorithm({
  about: 'the policy gradient with a few tokens of high covariance held',
  paper: 'arXiv:2505.22617',
  defaults: { ...offPolicyDefaults, covShare: 2e-4, covCoefficient: 1 },
  stages: (options) => ({ estimator: grpo(), objective: klCov(options) }),
})
