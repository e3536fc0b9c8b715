import { grpo } from '../../lib/advantage/grpo.js'
import { gspoClipCov } from '../../lib/objective/gspo-clip-cov.js'
import { offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * GSPO with Clip-Cov: one ratio per response, without the gradient of a few random tokens of high covariance.
 *
 *     s    = exp( mean_t(logprob - old logprob) )
 *     cov  = (A - mean A)(logprob - mean logprob)
 *     loss = -min( s A, clip(s, 0.8, 1.2) A ), 0 on a random 0.0002 of the tokens, of those with 1 < cov < 5, 4 minibatches
 *
 * Source: the released code of Entrocraft, lblaoke/entrocraft.
 */
export const gspoClipCovAlgorithm = algorithm({
  about: 'GSPO without the gradient of a few random tokens of high covariance',
  paper: 'arXiv:2604.26326',
  found: { fall: 0.34, inside: 0.91 },
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
