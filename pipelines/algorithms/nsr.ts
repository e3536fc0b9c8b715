import { nsr } from '../../lib/advantage/nsr.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * NSR: negative-sample reinforcement, which lowers the probability of wrong answers and ignores right ones.
 *
 *     A    = min(r, 0)
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2506.01347. Entrocraft, section 4, predicts that the entropy rises. On the bundled model
 * it falls (docs/entropy-behaviour.md). Needs signed rewards.
 */
export const nsrAlgorithm = algorithm({
  about: 'lowers the probability of wrong answers and ignores right ones',
  paper: 'arXiv:2506.01347',
  found: { fall: 0.33, inside: 0.93 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: nsr(), objective: ppoClip(options) }),
})
