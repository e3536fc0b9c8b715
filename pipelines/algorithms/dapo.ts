import { clipDefaults, offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * DAPO: GRPO with a wider upper clip, dynamic sampling and a soft length penalty.
 *
 *     groups of equal rewards are replaced by those of other prompts, in at most 10 rounds of sampling
 *     r'   = r + min( -(length - (limit - overlongBuffer)) / overlongBuffer, 0 )
 *     A    = (r' - mean r') / (std r' + 1e-6)        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.28) A ), token mean, 4 minibatches
 *
 * Paper: arXiv:2503.14476.
 *
 * Deviations: rewards are compared after the length penalty; groups of equal rewards that are left after the last round
 * stay in the batch. The overlong buffer is 2 tokens: a fifth of our default limit, as in the paper.
 */
export const dapoAlgorithm = algorithm({
  about: 'GRPO with wider upper clip, dynamic sampling and soft length penalty',
  paper: 'arXiv:2503.14476',
  found: { fall: 0.37, inside: 0.92 },
  defaults: {
    ...clipDefaults,
    ...offPolicyDefaults,
    clipHigh: 0.28,
    dualClip: null,
    samplingRounds: 10,
    overlongBuffer: 2,
  },
  stages: grpoStages,
})
