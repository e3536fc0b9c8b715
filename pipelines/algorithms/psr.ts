import { psr } from '../../lib/advantage/psr.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * PSR: only what was right is reinforced.
 *
 *     A    = max(r, 0)
 *     loss = -min( ratio A, clip(ratio) A )
 *
 * Paper: arXiv:2506.01347. Needs signed rewards.
 */
export const psrAlgorithm = algorithm({
  about: 'only what was right is reinforced',
  paper: 'arXiv:2506.01347',
  defaults: clipDefaults,
  stages: (options) => ({ estimator: psr(), objective: ppoClip(options) }),
})
