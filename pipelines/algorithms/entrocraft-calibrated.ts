import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * Entrocraft by measured effect: GRPO without as many rollouts as the entropy needs to go to the middle of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     g <- measured change of H per predicted change, from the updates before
 *     P* <- (next target - target - 0.3 (H - target)) / g
 *     while the predicted change of the batch falls short of P*:
 *       reject the rollout that is predicted to push H most in the other direction
 *     train on the others
 *
 * Paper: arXiv:2604.26326; the control law is ours.
 *
 * Deviations: Algorithm 1 acts outside the band, by the sign of A. This method acts at every step and rejects only what the target
 * needs; the band is what it has to stay in. The other deviations are those of `entrocraft`.
 */
export const entrocraftCalibratedAlgorithm = algorithm({
  about: 'GRPO without the rollouts that keep entropy off its target',
  paper: 'arXiv:2604.26326',
  found: { fall: 0.13, inside: 0.93 },
  defaults: clipDefaults,
  filter: 'calibrated',
  stages: grpoStages,
})
