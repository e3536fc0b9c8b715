import { constant, neg } from '../compute/operation/index.js'
import { sizeOf } from '../compute/program/shape.js'
import { batchUse, type Objective } from './objective.js'

/**
 * Objective of supervised training: negative log-likelihood of the responses, independent of their advantage.
 *
 *     loss = -logprob
 *
 * @shape  [B, T]  ->  [B, T]
 * @units  nats
 * @example
 * const update$ = from(learner.update(demonstrationBatch(0, demonstrations), supervised()))
 */
export const supervised = (): Objective => ({
  name: 'supervised',
  ...batchUse({}),
  loss: ({ logprobs_BT }) => {
    const ones = new Float32Array(sizeOf(logprobs_BT.shape)).fill(1)
    return { loss_BT: neg(logprobs_BT), ratio_BT: constant(ones, logprobs_BT.shape) }
  },
})
