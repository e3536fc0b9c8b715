import { grpo } from '../../lib/advantage/grpo.js'
import { adaptiveEntropy } from '../../lib/entropy/controller/adaptive-entropy.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { withEntropyBonus } from '../../lib/objective/with-entropy-bonus.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Adaptive entropy: GRPO with an entropy bonus whose coefficient follows a target entropy.
 *
 *     c'   = clip( c + 0.005 sign(target - H), 0, 1 )
 *     loss = loss of GRPO - c' H if H <= target, otherwise loss of GRPO
 *
 * Paper: Skywork-OR1, arXiv:2505.22312.
 */
export const adaptiveEntropyAlgorithm = algorithm({
  about: 'GRPO with an entropy bonus whose coefficient follows a target entropy',
  paper: 'arXiv:2505.22312',
  found: { fall: 0.4, inside: 0.93 },
  defaults: { ...clipDefaults, target: 0.2, coefficientStep: 0.005, coefficientMax: 1 },
  stages: (options) => ({
    estimator: grpo(),
    objective: withEntropyBonus(ppoClip(options), 0),
    controller: adaptiveEntropy({
      target: options.target,
      step: options.coefficientStep,
      most: options.coefficientMax,
    }),
  }),
})
