import { grpo } from '../../lib/advantage/grpo.js'
import { repoRController } from '../../lib/entropy/controller/repo-r.js'
import { repoR } from '../../lib/objective/repo-r.js'
import { algorithm } from '../algorithm.js'

/**
 * REPO-R: GRPO whose unlikely right tokens weigh more, and unlikely wrong ones less, the more the lower entropy is.
 *
 *     A > 0:  A' = max( 0, A (1 - zeta logprob) )        A < 0:  A' = min( 0, A (1 + zeta logprob) )
 *     zeta doubles while H is below its target, and halves while it is above
 *
 * Paper: arXiv:2603.11682. Sources differ on where zeta starts and on its bounds; the target is Entrocraft's of EntroPIC.
 */
export const repoRAlgorithm = algorithm({
  about: 'GRPO whose unlikely tokens weigh by a controller of the entropy',
  paper: 'arXiv:2603.11682',
  defaults: {
    clipLow: 0.2,
    clipHigh: 0.2,
    target: 0.5,
    zetaStart: 1e-3,
    zetaMin: 1e-4,
    zetaMax: 1,
  },
  stages: (options) => ({
    estimator: grpo(),
    objective: repoR(options),
    controller: repoRController({
      target: options.target,
      start: options.zetaStart,
      least: options.zetaMin,
      most: options.zetaMax,
    }),
  }),
})
