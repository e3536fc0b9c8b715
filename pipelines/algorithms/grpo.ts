import { grpo } from '../../lib/advantage/grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm, type OptionsOf } from '../algorithm.js'

/** Estimator and objective of GRPO. Algorithms that differ only in filter or options use them too. */
export const grpoStages = (options: OptionsOf<keyof typeof clipDefaults>) => ({
  estimator: grpo(),
  objective: ppoClip(options),
})

/**
 * GRPO: PPO-clip on rewards normalised within the group of one prompt.
 *
 *     A    = (r - mean r) / (std r + 1e-6)        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), at most 3 |A| where A < 0
 *
 * Paper: DeepSeekMath, arXiv:2402.03300. Predicted: entropy falls (Entrocraft, section 4).
 *
 * Deviations: one optimiser step per batch and no KL penalty by default (Entrocraft's runs: four steps, k3 at 1e-3); token
 * mean over the batch instead of response by response; dual clip.
 */
export const grpoAlgorithm = algorithm({
  about: 'PPO-clip on rewards normalised within the group of one prompt',
  paper: 'arXiv:2402.03300',
  found: { fall: 0.4, inside: 0.93 },
  defaults: clipDefaults,
  stages: grpoStages,
})
