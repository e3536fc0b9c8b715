import { add, div, exp, maximum, minimum, mul, scalar, stopGradient, sub, sum } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import { batchUse, type Objective, type ObjectiveInputs } from './objective.js'
import type { ClipOptions } from './ppo-clip.js'
import { clippedLoss } from './ratio.js'

/** Largest log ratio of a sequence. */
export const LARGEST_LOG_RATIO = 10

/**
 * The ratio of a sequence, clipped; each token carries its share of the gradient:
 *
 *     log s_t = sg( mean_t(logprob - old logprob) ) + logprob_t - sg(logprob_t), at most 10
 *     loss    = -min( s A, clip(s, 1 - clipLow, 1 + clipHigh) A )
 *
 * @shape  [B, T] -> [B, T]
 * @source GSPO, arXiv:2507.18071 (Entrocraft's runs kept 0.2 / 0.2)
 */
export const gspo = ({
  clipLow = 3e-4,
  clipHigh = 4e-4,
  aggregation = 'seq-mean-token-mean',
  ...use
}: ClipOptions = {}): Objective => ({
  name: 'gspo',
  ...batchUse({ aggregation, ...use }),
  scalars: { clipLow, clipHigh },
  loss: (inputs) => clippedLoss(sequenceRatio(inputs), inputs),
})

const sequenceRatio = ({ logprobs_BT, oldLogprobs_BT, mask_BT }: ObjectiveInputs): Node => {
  const trained = sum(mask_BT, [-1], true)
  const total = sum(mul(mask_BT, sub(logprobs_BT, oldLogprobs_BT)), [-1], true)
  // A row without a trained token has no mean, and must not have a NaN.
  const logRatio = div(total, maximum(trained, scalar(1)))
  const ofToken = add(stopGradient(logRatio), sub(logprobs_BT, stopGradient(logprobs_BT)))
  return exp(minimum(ofToken, scalar(LARGEST_LOG_RATIO)))
}
