import { less, minimum, mul, scalar, select } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { clippedLoss, tokenRatio } from './ratio.js'

/** The ratio is clipped to [1 - clipLow, 1 + clipHigh]. */
export interface ClipOptions extends BatchUse {
  readonly clipLow?: number
  readonly clipHigh?: number
}

/** Options of {@link ppoClip}. */
export interface PpoClipOptions extends ClipOptions {
  /** Upper bound of the loss where A < 0, in units of -A; null leaves it unbounded. */
  readonly dualClip?: number | null
}

/**
 * Clipped policy gradient, Entrocraft Eq. 1:
 *
 *     loss = -min( ratio A, clip(ratio, 1 - clipLow, 1 + clipHigh) A )      ratio = exp(logprob - old logprob)
 *     where A < 0: at most -dualClip A
 *
 * With a `clipHigh` of 0.28 it is DAPO's Clip-Higher.
 *
 * @shape  [B, T] -> [B, T]
 * @source PPO, arXiv:1707.06347; dual clip, arXiv:1912.09729 (verl's default 3)
 */
export const ppoClip = ({ clipLow = 0.2, clipHigh = 0.2, dualClip = 3, ...use }: PpoClipOptions = {}): Objective => ({
  name: 'ppo-clip',
  ...batchUse(use),
  scalars: { clipLow, clipHigh },
  loss: (inputs) => {
    const clipped = clippedLoss(tokenRatio(inputs), inputs)
    if (dualClip === null) return clipped
    const { advantages_BT } = inputs
    const bounded = minimum(clipped.loss_BT, mul(advantages_BT, scalar(-dualClip)))
    return { ...clipped, loss_BT: select(less(advantages_BT, scalar(0)), bounded, clipped.loss_BT) }
  },
})
