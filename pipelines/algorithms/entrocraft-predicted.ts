import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Entrocraft by predicted change: GRPO that rejects the rollouts predicted to push entropy out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m dH <= 0,   dH = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * Paper: arXiv:2604.26326; the first-order change is that of its section 4.
 *
 * Deviations: Algorithm 1 decides by the sign of A, which stands for dH where sampled tokens are likely. This decides by
 * dH itself, so it also holds for a small, uncertain policy. The rest deviates as `entrocraft` does.
 */
export const entrocraftPredictedAlgorithm = algorithm({
  about: 'GRPO on rollouts predicted to push entropy back into its band',
  paper: 'arXiv:2604.26326',
  defaults: clipDefaults,
  filter: 'predicted',
  stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
})
