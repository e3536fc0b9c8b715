import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * Entrocraft by predicted change: GRPO without the rollouts whose predicted effect pushes entropy further out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m dH <= 0,   dH = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * Paper: arXiv:2604.26326; dH is the first-order change of its section 4.
 *
 * Deviations: Algorithm 1 filters by the sign of A, which agrees with dH when the sampled tokens are likely. This filter
 * uses dH itself, so it also fits a small, uncertain policy. The other deviations are those of `entrocraft`.
 */
export const entrocraftPredictedAlgorithm = algorithm({
  about: 'GRPO without rollouts predicted to push entropy out of its band',
  paper: 'arXiv:2604.26326',
  found: { fall: 0.16, inside: 0.38 },
  defaults: clipDefaults,
  filter: 'predicted',
  stages: grpoStages,
})
