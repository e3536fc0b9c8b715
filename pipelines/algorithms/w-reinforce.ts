import { wReinforce } from '../../lib/advantage/w-reinforce.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * W-REINFORCE: right answers weigh a tenth of wrong ones.
 *
 *     A    = 0.1 r where r > 0, otherwise r
 *     loss = -min( ratio A, clip(ratio) A ), at most -dualClip A where A < 0
 *
 * Paper: arXiv:2506.01347. Predicted: entropy falls more slowly than GRPO's (Entrocraft, section 4). Needs signed rewards.
 */
export const wReinforceAlgorithm = algorithm({
  about: 'right answers weigh a tenth of wrong ones',
  paper: 'arXiv:2506.01347',
  defaults: { ...clipDefaults, positiveWeight: 0.1 },
  stages: (options) => ({ estimator: wReinforce(options), objective: ppoClip(options) }),
})
