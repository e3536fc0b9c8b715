import { estimators } from '../../lib/advantage/index.js'
import { rloo } from '../../lib/advantage/rloo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * RLOO: PPO-clip on the reward minus the mean of the other rewards of the group (leave-one-out baseline).
 *
 *     A    = r - mean of the other rewards of the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2402.14740.
 *
 * Deviations: the paper's loss has no ratio. With one optimiser step per batch the ratio is 1 and the gradient the same.
 */
export const rlooAlgorithm = algorithm({
  about: estimators.rloo.about,
  paper: 'arXiv:2402.14740',
  found: { fall: 0.42, inside: 0.94 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: rloo(), objective: ppoClip(options) }),
})
