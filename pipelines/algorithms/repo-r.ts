import { grpo } from '../../lib/advantage/grpo.js'
import { repoRController } from '../../lib/entropy/controller/repo-r.js'
import { repoR } from '../../lib/objective/repo-r.js'
import { algorithm } from '../algorithm.js'

/**
 * REPO-R: GRPO that rescales advantages by the log-probability of the token, so that unlikely tokens of right answers count
 * more and unlikely tokens of wrong answers less, the further entropy has fallen.
 *
 *     A > 0:  A' = max( 0, A (1 - zeta logprob) )        A < 0:  A' = min( 0, A (1 + zeta logprob) )
 *     zeta doubles while H is below its target, and halves while it is above
 *
 * Paper: arXiv:2603.11682.
 *
 * Deviations: sources differ on the start of zeta and on its bounds. The target is the one that Entrocraft used for
 * EntroPIC.
 */
export const repoRAlgorithm = algorithm({
  about: 'GRPO with advantages rescaled by log-probability and a target entropy',
  paper: 'arXiv:2603.11682',
  found: { fall: 0.09, inside: 0.91 },
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
