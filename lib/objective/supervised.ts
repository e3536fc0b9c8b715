import { constant, neg } from '../compute/operation/index.js'
import { batchUse, type Objective } from './objective.js'

/**
 * Negative log-likelihood of the responses, whatever their advantage: pretraining on demonstrations.
 *
 * @shape [B, T] -> [B, T]
 */
export const supervised = (): Objective => ({
  name: 'supervised',
  ...batchUse({}),
  loss: ({ logprobs_BT }) => {
    const ones = new Float32Array(logprobs_BT.shape.reduce((a, b) => a * b, 1)).fill(1)
    return { loss_BT: neg(logprobs_BT), ratio_BT: constant(ones, logprobs_BT.shape) }
  },
})
