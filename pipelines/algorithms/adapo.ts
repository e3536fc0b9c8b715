import { grpo } from '../../lib/advantage/grpo.js'
import { adapo } from '../../lib/entropy/controller/adapo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults, offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * ADAPO: Clip-Higher whose upper clip follows the entropy of the first batch.
 *
 *     clipHigh' = clip( clipHigh + clipHighStep sign(H_0 - H), clipHighMin, clipHighMax )        H_0: entropy of the first batch
 *     loss      = -min( ratio A, clip(ratio, 0.8, 1 + clipHigh) A ), at most 3 |A| where A < 0, 4 minibatches
 *
 * Source: ADAPO.
 *
 * Deviations: we found no published values of the step and the limits, so `clipHighStep`, `clipHighMin` and `clipHighMax`
 * are our choice.
 */
export const adapoAlgorithm = algorithm({
  about: 'Clip-Higher whose upper clip follows the entropy of the first batch',
  paper: 'ADAPO',
  found: { fall: 0.38, inside: 0.85 },
  defaults: {
    ...clipDefaults,
    ...offPolicyDefaults,
    clipHigh: 0.28,
    clipHighStep: 0.01,
    clipHighMin: 0.2,
    clipHighMax: 0.5,
  },
  stages: (options) => ({
    estimator: grpo(),
    objective: ppoClip(options),
    controller: adapo({
      start: options.clipHigh,
      step: options.clipHighStep,
      least: options.clipHighMin,
      most: options.clipHighMax,
    }),
  }),
})
