import { grpo } from '../../lib/advantage/grpo.js'
import { gspoClipCov } from '../../lib/objective/gspo-clip-cov.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * GSPO with Clip-Cov: the ratio of whole responses, without the gradient of a few tokens of high covariance.
 *
 *     s    = exp( mean_t(logprob - old logprob) )
 *     loss = -min( s A, clip(s, 0.8, 1.2) A ), 0 on random 0.0002 of the tokens with 1 < cov < 5, 4 minibatches
 *
 * Source: lblaoke/entrocraft.
 */
export const gspoClipCovAlgorithm = algorithm({
  about: 'GSPO without the gradient of a few tokens of high covariance',
  paper: 'arXiv:2604.26326',
  defaults: {
    ...offPolicyDefaults,
    aggregation: 'seq-mean-token-mean',
    clipLow: 0.2,
    clipHigh: 0.2,
    covRatio: 2e-4,
    covLow: 1,
    covHigh: 5,
  },
  stages: (options) => ({ estimator: grpo(), objective: gspoClipCov(options) }),
})
