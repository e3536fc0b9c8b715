import { reinforcePlusPlusBaseline } from '../../lib/advantage/reinforce-plus-plus-baseline.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * REINFORCE++-baseline: the reward against its group, whitened over the batch.
 *
 *     A    = whiten( r - mean r of the group )        over all tokens of the batch
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A )
 *
 * Paper: arXiv:2501.03262.
 */
export const reinforcePlusPlusBaselineAlgorithm = algorithm({
  about: 'the reward against its group, whitened over the batch',
  paper: 'arXiv:2501.03262',
  defaults: clipDefaults,
  stages: (options) => ({ estimator: reinforcePlusPlusBaseline(), objective: ppoClip(options) }),
})
