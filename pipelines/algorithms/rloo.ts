import { estimators } from '../../lib/advantage/index.js'
import { rloo } from '../../lib/advantage/rloo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * RLOO: the others of the group are the baseline.
 *
 *     A    = r - mean of the others
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A )
 *
 * Paper: arXiv:2402.14740.
 *
 * Deviations: the paper's loss has no ratio; at one update a batch the ratio is 1 and the gradient the same.
 */
export const rlooAlgorithm = algorithm({
  about: estimators.rloo.about,
  paper: 'arXiv:2402.14740',
  defaults: clipDefaults,
  stages: (options) => ({ estimator: rloo(), objective: ppoClip(options) }),
})
