import { checked, nonNegative } from '../option.js'
import { add, less, mul, neg, scalar, stopGradient } from '../compute/operation/index.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { clamp, tokenRatio } from './ratio.js'

/** Options of {@link cispo}. */
export interface CispoOptions extends BatchUse {
  /** Lower bound of the ratio that weighs a token. */
  readonly ratioLow?: number
  /** Upper bound of the ratio that weighs a token. */
  readonly ratioHigh?: number
}

/**
 * Objective CISPO: policy gradient weighted by a clipped ratio that carries no gradient. Clipping removes no token.
 *
 *     loss = -sg( clip(ratio, ratioLow, ratioHigh) ) A logprob        sg: stop gradient
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source CISPO, arXiv:2506.13585 (the bounds are a choice; trainers use [0, 4] or [0, 5])
 * @example
 * trainingPipeline({ estimator: grpo(), objective: cispo({ ratioHigh: 4 }) })
 */
export const cispo = ({ ratioLow = 0, ratioHigh = 5, ...use }: CispoOptions = {}): Objective => ({
  name: 'cispo',
  ...batchUse(checked({ ratioLow, ratioHigh, ...use }, { ratioLow: nonNegative, ratioHigh: nonNegative })),
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
