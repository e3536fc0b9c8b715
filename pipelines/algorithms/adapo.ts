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
 * Step and limits are not published in what we could read: `clipStep`, `clipLeast` and `clipMost` are ours to choose.
 */
export const adapoAlgorithm = algorithm({
  about: 'Clip-Higher whose upper clip follows the entropy',
  paper: 'ADAPO',
  defaults: { ...clipDefaults, ...offPolicyDefaults, clipHigh: 0.28, clipStep: 0.01, clipLeast: 0.2, clipMost: 0.5 },
  stages: (options) => ({
    estimator: grpo(),
    objective: ppoClip(options),
    controller: adapo({
      start: options.clipHigh,
      step: options.clipStep,
      least: options.clipLeast,
      most: options.clipMost,
    }),
  }),
})
