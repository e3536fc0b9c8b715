import { add, less, mul, neg, scalar, stopGradient } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { clamp, tokenRatio } from './ratio.js'

/** Options of {@link cispo}. */
export interface CispoOptions extends BatchUse {
  /** The ratio's weight is held in [ratioLow, ratioHigh]. */
  readonly ratioLow?: number
  readonly ratioHigh?: number
}

/**
 * The policy gradient, weighed by a clipped ratio that carries no gradient: no token is lost to clipping.
 *
 *     loss = -sg( clip(ratio, ratioLow, ratioHigh) ) A logprob
 *
 * @shape  [B, T] -> [B, T]
 * @source CISPO, arXiv:2506.13585 (bounds are a choice; trainers use [0, 4] or [0, 5])
 */
export const cispo = ({ ratioLow = 0, ratioHigh = 5, ...use }: CispoOptions = {}): Objective => ({
  name: 'cispo',
  ...batchUse(use),
  loss: (inputs) => {
    const ratio_BT = tokenRatio(inputs)
    const weight = stopGradient(clamp(ratio_BT, scalar(ratioLow), scalar(ratioHigh)))
    return {
      loss_BT: neg(mul(mul(weight, inputs.advantages_BT), inputs.logprobs_BT)),
      clipped_BT: add(less(ratio_BT, scalar(ratioLow)), less(scalar(ratioHigh), ratio_BT)),
      ratio_BT,
    }
  },
})
