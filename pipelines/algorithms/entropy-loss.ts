import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Entropy loss: GRPO with a reward for entropy.
 *
 *     loss = GRPO's - 0.003 H
 *
 * Source: a baseline of Entrocraft, arXiv:2604.26326 (0.003 and 0.004).
 */
export const entropyLossAlgorithm = algorithm({
  about: 'GRPO with a reward for entropy',
  paper: 'arXiv:2604.26326',
  defaults: { ...clipDefaults, entropyCoefficient: 0.003 },
  stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
})
