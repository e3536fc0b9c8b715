import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * Entropy loss: GRPO with a constant entropy bonus.
 *
 *     loss = loss of GRPO - 0.003 H
 *
 * Source: a baseline of Entrocraft, arXiv:2604.26326 (0.003 and 0.004).
 */
export const entropyLossAlgorithm = algorithm({
  about: 'GRPO with a constant entropy bonus',
  paper: 'arXiv:2604.26326',
  found: { fall: 0.39, inside: 0.94 },
  defaults: { ...clipDefaults, entropyCoefficient: 0.003 },
  stages: grpoStages,
})
