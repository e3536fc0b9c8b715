import { drGrpo } from '../../lib/advantage/dr-grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Dr. GRPO: GRPO without the two divisions that favour some questions and long wrong answers.
 *
 *     A    = r - mean r        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), summed over tokens / the longest completion allowed
 *
 * Paper: arXiv:2503.20783.
 */
export const drGrpoAlgorithm = algorithm({
  about: 'GRPO without its divisions by deviation and length',
  paper: 'arXiv:2503.20783',
  defaults: { ...clipDefaults, dualClip: null, aggregation: 'seq-mean-token-sum-norm' },
  stages: (options) => ({ estimator: drGrpo(), objective: ppoClip(options) }),
})
