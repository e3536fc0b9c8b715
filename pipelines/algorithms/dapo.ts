import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults, offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * DAPO: GRPO with a wider clip above, without groups that say nothing, and with a soft limit on length.
 *
 *     sample again, up to 10 times, in place of groups that are all right or all wrong
 *     r'   = r + min( -(length - (limit - overlongBuffer)) / overlongBuffer, 0 )
 *     A    = (r' - mean r') / (std r' + 1e-6)        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.28) A ), token mean, 4 minibatches
 *
 * Paper: arXiv:2503.14476.
 *
 * Deviations: groups are looked at after the penalty on length; what still says nothing after the last round stays. The
 * penalty grows over the last 2 tokens: a fifth of the default limit, as in the paper.
 */
export const dapoAlgorithm = algorithm({
  about: 'GRPO with a wider clip above, dynamic sampling, a soft limit on length',
  paper: 'arXiv:2503.14476',
  defaults: {
    ...clipDefaults,
    ...offPolicyDefaults,
    clipHigh: 0.28,
    dualClip: null,
    samplingRounds: 10,
    overlongBuffer: 2,
  },
  stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
})
