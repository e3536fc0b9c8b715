import { mul, neg } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'

/**
 * Objective REINFORCE: policy gradient without a ratio.
 *
 *     loss = -A logprob
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source Williams 1992; GPG, arXiv:2504.02546
 * @example
 * trainingPipeline({ estimator: rloo(), objective: reinforceLoss() })
 */
export const reinforceLoss = (use: BatchUse = {}): Objective => ({
  name: 'reinforce',
  ...batchUse(use),
  loss: ({ logprobs_BT, advantages_BT }) => ({ loss_BT: neg(mul(advantages_BT, logprobs_BT)) }),
})
