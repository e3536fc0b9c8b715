import { reinforcePlusPlus } from '../../lib/advantage/reinforce-plus-plus.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE++: the reward, whitened over the batch.
 *
 *     A    = (r - mean r) / std r        over all tokens of the batch
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A )
 *
 * Paper: arXiv:2501.03262.
 *
 * Deviations: the paper takes a KL penalty off the reward; ask for it with a `klCoefficient` and `klIn: 'reward'`.
 */
export const reinforcePlusPlusAlgorithm = algorithm({
  about: 'the reward, whitened over the batch',
  paper: 'arXiv:2501.03262',
  defaults: clipDefaults,
  stages: (options) => ({ estimator: reinforcePlusPlus(), objective: ppoClip(options) }),
})
