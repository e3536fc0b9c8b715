import { exp, less, maximum, minimum, mul, neg, scalar, select, sub } from '../compute/operation/index.js'
import type { Aggregation, Objective } from './objective.js'

/** Options of {@link ppoClip}. */
export interface PpoClipOptions {
  /** The ratio is clipped to [1 - low, 1 + high]. */
  readonly low?: number
  readonly high?: number
  /** Upper bound of the loss where A < 0, in units of -A; null leaves it unbounded. */
  readonly dualClip?: number | null
  readonly aggregation?: Aggregation
  readonly minibatches?: number
}

/**
 * Clipped policy gradient, Entrocraft Eq. 1:
 *
 *     loss = -min( ratio A, clip(ratio, 1 - low, 1 + high) A )      ratio = exp(logprob - old logprob)
 *     where A < 0: at most -dualClip A
 *
 * @shape  [B, T] -> [B, T]
 * @source PPO, arXiv:1707.06347; dual clip, arXiv:1912.09729 (verl's default 3)
 */
export const ppoClip = ({
  low = 0.2,
  high = 0.2,
  dualClip = 3,
  aggregation = 'token-mean',
  minibatches = 1,
}: PpoClipOptions = {}): Objective => ({
  name: 'ppo-clip',
  aggregation,
  minibatches,
  loss: ({ logprobs_BT, oldLogprobs_BT, advantages_BT }) => {
    const ratio_BT = exp(sub(logprobs_BT, oldLogprobs_BT))
    const plain = mul(ratio_BT, advantages_BT)
    const clipped = mul(maximum(minimum(ratio_BT, scalar(1 + high)), scalar(1 - low)), advantages_BT)
    const loss = neg(minimum(plain, clipped))
    const bounded =
      dualClip === null
        ? loss
        : select(less(advantages_BT, scalar(0)), minimum(loss, mul(advantages_BT, scalar(-dualClip))), loss)
    return { loss_BT: bounded, clipped_BT: less(clipped, plain), ratio_BT }
  },
})
