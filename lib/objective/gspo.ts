import { checked, nonNegative } from '../option.js'
import { add, div, exp, maximum, minimum, mul, scalar, stopGradient, sub, sum } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import { batchUse, type Objective, type ObjectiveInputs } from './objective.js'
import type { ClipOptions } from './ppo-clip.js'
import { clippedLoss } from './ratio.js'

/** Largest log ratio of a sequence. @units nats */
export const LARGEST_LOG_RATIO = 10

/**
 * Objective GSPO: the clipped policy gradient with one ratio per sequence; each token carries its share of the gradient.
 *
 *     log s_t = sg( mean_t(logprob - old logprob) ) + logprob_t - sg(logprob_t), at most 10        sg: stop gradient
 *     loss    = -min( s A, clip(s, 1 - clipLow, 1 + clipHigh) A )
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source GSPO, arXiv:2507.18071 (Entrocraft's runs kept 0.2 / 0.2)
 * @example
 * trainingPipeline({ estimator: grpo(), objective: gspo({ minibatches: 4 }) })
 */
export const gspo = ({
  clipLow = 3e-4,
  clipHigh = 4e-4,
  aggregation = 'seq-mean-token-mean',
  ...use
}: ClipOptions = {}): Objective => ({
  name: 'gspo',
  ...batchUse({ aggregation, ...use }),
  scalars: checked({ clipLow, clipHigh }, { clipLow: nonNegative, clipHigh: nonNegative }),
  loss: (inputs) => clippedLoss(sequenceRatio(inputs), inputs),
})

const sequenceRatio = ({ logprobs_BT, oldLogprobs_BT, mask_BT }: ObjectiveInputs): Node => {
  const count = sum(mask_BT, [-1], true)
  const total = sum(mul(mask_BT, sub(logprobs_BT, oldLogprobs_BT)), [-1], true)
  // A row without a trained token has no mean. Its divisor is 1, so that it gives 0 and not NaN.
  const logRatio = div(total, maximum(count, scalar(1)))
  const tokenLogRatio = add(stopGradient(logRatio), sub(logprobs_BT, stopGradient(logprobs_BT)))
  return exp(minimum(tokenLogRatio, scalar(LARGEST_LOG_RATIO)))
}
