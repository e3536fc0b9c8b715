import { reinforcePlusPlusBaseline } from '../../lib/advantage/reinforce-plus-plus-baseline.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE++-baseline: PPO-clip on the reward minus the group's mean, normalised over the batch.
 *
 *     A    = whiten( r - mean r of the group )        over all tokens of the batch
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2501.03262.
 */
export const reinforcePlusPlusBaselineAlgorithm = algorithm({
  about: 'PPO-clip on reward minus group mean, normalised over the batch',
  paper: 'arXiv:2501.03262',
  found: { fall: 0.4, inside: 0.94 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: reinforcePlusPlusBaseline(), objective: ppoClip(options) }),
})
