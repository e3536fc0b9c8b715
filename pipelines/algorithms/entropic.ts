import { reinforce } from '../../lib/advantage/reinforce.js'
import { entropic } from '../../lib/entropy/controller/entropic.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * EntroPIC: REINFORCE that weights right and wrong answers by a proportional-integral controller of the entropy.
 *
 *     e     = H - target
 *     alpha = clip( kp e + ki sum e, -1, 1 )
 *     A     = r (1 + alpha) where r > 0, r (1 - alpha) where r < 0
 *     loss  = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: arXiv:2511.15248; target 0.5 as in Entrocraft's runs. `entropicForm: 'released'` is the form of Entrocraft's
 * released code. Predicted: entropy stays at its target. Needs signed rewards.
 */
export const entropicAlgorithm = algorithm({
  about: 'REINFORCE weighted by proportional-integral control of the entropy',
  paper: 'arXiv:2511.15248',
  found: { fall: 0.36, inside: 0.92 },
  defaults: { ...clipDefaults, target: 0.5, entropicForm: 'paper', kp: 1, ki: 0.01 },
  stages: (options) => ({
    estimator: reinforce(),
    objective: ppoClip(options),
    controller: entropic({ ...options, form: options.entropicForm }),
  }),
})
