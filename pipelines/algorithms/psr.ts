import { psr } from '../../lib/advantage/psr.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * PSR: positive-sample reinforcement, which raises the probability of right answers and ignores wrong ones.
 *
 *     A    = max(r, 0)
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A )
 *
 * Paper: arXiv:2506.01347. Needs signed rewards.
 */
export const psrAlgorithm = algorithm({
  about: 'raises the probability of right answers and ignores wrong ones',
  paper: 'arXiv:2506.01347',
  found: { fall: 0.4, inside: 0.96 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: psr(), objective: ppoClip(options) }),
})
