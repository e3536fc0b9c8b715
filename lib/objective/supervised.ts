import { constant, neg } from '../compute/operation/index.js'
import type { Objective } from './objective.js'

/**
 * Negative log-likelihood of the responses, whatever their advantage: pretraining on demonstrations.
 *
 * @shape [B, T] -> [B, T]
 */
export const supervised = (): Objective => ({
  name: 'supervised',
  aggregation: 'token-mean',
  minibatches: 1,
  loss: ({ logprobs_BT }) => {
    const size = logprobs_BT.shape.reduce((a, b) => a * b, 1)
    const filled = (value: number) => constant(new Float32Array(size).fill(value), logprobs_BT.shape)
    return { loss_BT: neg(logprobs_BT), clipped_BT: filled(0), ratio_BT: filled(1) }
  },
})
