import { reinforcePlusPlus } from '../../lib/advantage/reinforce-plus-plus.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE++: PPO-clip on the reward normalised over the batch.
 *
 *     A    = (r - mean r) / std r        over all tokens of the batch
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2501.03262.
 *
 * Deviations: the paper subtracts a KL penalty from the reward; here it is off by default, and a `klCoefficient` with
 * `klIn: 'reward'` turns it on.
 */
export const reinforcePlusPlusAlgorithm = algorithm({
  about: 'PPO-clip on the reward normalised over the batch',
  paper: 'arXiv:2501.03262',
  found: { fall: 0.37, inside: 0.93 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: reinforcePlusPlus(), objective: ppoClip(options) }),
})
