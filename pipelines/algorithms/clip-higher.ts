import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults, offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Clip-Higher: GRPO whose ratio may rise further than it may fall, so that unlikely right tokens can grow.
 *
 *     A    = (r - mean r) / (std r + 1e-6)        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.28) A ), 4 minibatches
 *
 * Paper: DAPO, arXiv:2503.14476. Predicted: entropy falls more slowly than GRPO's.
 */
export const clipHigherAlgorithm = algorithm({
  about: 'GRPO with a wider clip above',
  paper: 'arXiv:2503.14476',
  defaults: { ...clipDefaults, ...offPolicyDefaults, clipHigh: 0.28 },
  stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
})
