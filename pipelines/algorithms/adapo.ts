import { grpo } from '../../lib/advantage/grpo.js'
import { adapo } from '../../lib/entropy/controller/adapo.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults, offPolicyDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * ADAPO: Clip-Higher whose upper clip follows the entropy of the first batch.
 *
 *     clipHigh rises by a step while H is below its first value, and falls while it is above, 4 minibatches
 *
 * Step and limits are not published in what we could read: `clipHighStep`, `clipHighMin` and `clipHighMax` are ours to choose.
 */
export const adapoAlgorithm = algorithm({
  about: 'Clip-Higher whose upper clip follows the entropy',
  paper: 'ADAPO',
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
