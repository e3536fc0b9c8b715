import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Entrocraft: GRPO that rejects the rollouts whose advantage pushes entropy out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m A >= 0
 *
 * Paper: arXiv:2604.26326, Algorithm 1.
 *
 * Deviations: one update a batch and no KL term unless they are asked for (the paper's runs: four updates, k3 at 1e-3);
 * token mean over accepted tokens, as the released runs have it (`prompt-mean-token-sum` is the paper's Eq. 5).
 */
export const entrocraftAlgorithm = algorithm({
  about: 'GRPO on rollouts whose advantage pushes entropy back into its band',
  paper: 'arXiv:2604.26326',
  defaults: clipDefaults,
  filter: 'sign',
  stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
})
