import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * Entrocraft: GRPO without the rollouts whose advantage pushes entropy further out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m A >= 0
 *
 * Paper: arXiv:2604.26326, Algorithm 1.
 *
 * Deviations: one optimiser step per batch and no KL penalty by default (the paper's runs: four steps, k3 at 1e-3). Token
 * mean over accepted tokens, as in the released runs (`prompt-mean-token-sum` is the paper's Eq. 5).
 */
export const entrocraftAlgorithm = algorithm({
  about: 'GRPO without rollouts whose advantage pushes entropy out of its band',
  paper: 'arXiv:2604.26326',
  found: { fall: 0.43, inside: 0.04 },
  defaults: clipDefaults,
  filter: 'sign',
  stages: grpoStages,
})
