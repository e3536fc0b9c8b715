import { nsr } from '../../lib/advantage/nsr.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * NSR: only what was wrong is pushed down.
 *
 *     A    = min(r, 0)
 *     loss = -min( ratio A, clip(ratio) A ), at most -dualClip A
 *
 * Paper: arXiv:2506.01347. Predicted: entropy rises (Entrocraft, section 4). Needs signed rewards.
 */
export const nsrAlgorithm = algorithm({
  about: 'only what was wrong is pushed down',
  paper: 'arXiv:2506.01347',
  defaults: clipDefaults,
  stages: (options) => ({ estimator: nsr(), objective: ppoClip(options) }),
})
