import { wReinforce } from '../../lib/advantage/w-reinforce.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * W-REINFORCE: REINFORCE that weights right answers by a tenth.
 *
 *     A    = 0.1 r where r > 0, otherwise r
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2506.01347. Predicted: entropy falls more slowly than under GRPO (Entrocraft, section 4). Needs signed
 * rewards.
 */
export const wReinforceAlgorithm = algorithm({
  about: 'REINFORCE that weights right answers by a tenth',
  paper: 'arXiv:2506.01347',
  found: { fall: 0.35, inside: 0.94 },
  defaults: { ...clipDefaults, positiveWeight: 0.1 },
  stages: (options) => ({ estimator: wReinforce(options), objective: ppoClip(options) }),
})
