import { raft } from '../../lib/advantage/raft.js'
import { reinforceLoss } from '../../lib/objective/reinforce.js'
import { algorithm } from '../algorithm.js'

/**
 * RAFT: supervised training on the right answers among the samples.
 *
 *     A    = 1 where r > 0, otherwise excluded
 *     loss = -logprob
 *
 * Paper: arXiv:2304.06767. Predicted: entropy falls (Entrocraft, section 4).
 */
export const raftAlgorithm = algorithm({
  about: 'supervised training on the right answers among the samples',
  paper: 'arXiv:2304.06767',
  found: { fall: 0.38, inside: 0.94 },
  defaults: {},
  stages: (options) => ({ estimator: raft(), objective: reinforceLoss(options) }),
})
