import { checked, nonNegative, orNull, positive } from '../option.js'
import { less, minimum, mul, scalar, select } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { clippedLoss, tokenRatio } from './ratio.js'

/** Options of objectives that clip the ratio to [1 - clipLow, 1 + clipHigh]. */
export interface ClipOptions extends BatchUse {
  /** Distance of the lower bound of the ratio from 1. */
  readonly clipLow?: number
  /** Distance of the upper bound of the ratio from 1. */
  readonly clipHigh?: number
}

/** Options of {@link ppoClip}. */
export interface PpoClipOptions extends ClipOptions {
  /** Dual-clip bound c for negative advantages: the loss is at most -c A. Null turns it off. */
  readonly dualClip?: number | null
}

/**
 * Objective PPO-clip: policy gradient with the ratio of each token, clipped.
 *
 *     loss = -min( ratio A, clip(ratio, 1 - clipLow, 1 + clipHigh) A )      ratio = exp(logprob - old logprob)
 *     where A < 0: at most -dualClip A
 *
 * The exponent is held in [-20, 20], as in verl, so that no token makes the loss or its gradient infinite. With a `clipHigh` of 0.28 it is Clip-Higher of DAPO.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source PPO, arXiv:1707.06347; dual clip, arXiv:1912.09729 (default 3, as in verl); Entrocraft, Eq. 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip({ clipHigh: 0.28, minibatches: 4 }) })
 */
export const ppoClip = ({ clipLow = 0.2, clipHigh = 0.2, dualClip = 3, ...use }: PpoClipOptions = {}): Objective => ({
  name: 'ppo-clip',
  ...batchUse(checked({ dualClip, ...use }, { dualClip: orNull(positive) })),
  scalars: checked({ clipLow, clipHigh }, { clipLow: nonNegative, clipHigh: nonNegative }),
  loss: (inputs) => {
    const clipped = clippedLoss(tokenRatio(inputs), inputs)
    if (dualClip === null) return clipped
    const { advantages_BT } = inputs
    const bounded = minimum(clipped.loss_BT, mul(advantages_BT, scalar(-dualClip)))
    return { ...clipped, loss_BT: select(less(advantages_BT, scalar(0)), bounded, clipped.loss_BT) }
  },
})
