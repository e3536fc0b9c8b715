import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'
import { grpoStages } from './grpo.js'

/**
 * Entrocraft by measured effect: GRPO without as many rollouts as the entropy needs to go to the middle of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     g <- measured change of H per predicted change, from the updates before
 *     d <- H - target
 *     range <- distances after the update: between 0.7 d and a quarter of the width of the band past the target
 *     while the distance that g predicts for the next batch is outside the range:
 *       reject the rollout that is predicted to push H most in the wrong direction
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
