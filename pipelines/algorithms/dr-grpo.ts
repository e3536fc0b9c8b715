import { drGrpo } from '../../lib/advantage/dr-grpo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * Dr. GRPO: GRPO without the division by the group's standard deviation, which favours some questions, and without the
 * division by the response length, which favours long wrong answers.
 *
 *     A    = r - mean r        over the group
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A ), summed over the tokens of a response, divided by the maximum length
 *
 * Paper: arXiv:2503.20783.
 */
export const drGrpoAlgorithm = algorithm({
  about: 'GRPO without division by the standard deviation and response length',
  paper: 'arXiv:2503.20783',
  found: { fall: 0.4, inside: 0.95 },
  defaults: { ...clipDefaults, dualClip: null, aggregation: 'seq-mean-token-sum-norm' },
  stages: (options) => ({ estimator: drGrpo(), objective: ppoClip(options) }),
})
