import { mul, neg } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'

/**
 * The policy gradient as it stands, without a ratio:
 *
 *     loss = -A logprob
 *
 * @shape  [B, T] -> [B, T]
 * @source Williams 1992; GPG, arXiv:2504.02546
 */
export const reinforceLoss = (use: BatchUse = {}): Objective => ({
  name: 'reinforce',
  ...batchUse(use),
  loss: ({ logprobs_BT, advantages_BT }) => ({ loss_BT: neg(mul(advantages_BT, logprobs_BT)) }),
})
