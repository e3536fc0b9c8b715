import { add, exp, less, maximum, minimum, mul, neg, scalar, sub } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { ObjectiveInputs, ObjectiveOutputs } from './objective.js'

/** Largest size of the log ratio of a token, as in verl: e^20 is 4.9e8, and a larger ratio could overflow. @units nats */
export const LOG_RATIO_BOUND = 20

/**
 * Log ratio of each token: logprob - old logprob, held in [-20, 20]. A token beyond these bounds has no gradient through its
 * ratio.
 *
 * @shape [B, T]
 * @units nats
 * @source verl, compute_policy_loss
 */
export const logRatio = ({ logprobs_BT, oldLogprobs_BT }: ObjectiveInputs): Node =>
  clamp(sub(logprobs_BT, oldLogprobs_BT), scalar(-LOG_RATIO_BOUND), scalar(LOG_RATIO_BOUND))

/** Ratio of each token: exp(logprob - old logprob), the exponent held in [-20, 20]. @shape [B, T] */
export const tokenRatio = (inputs: ObjectiveInputs): Node => exp(logRatio(inputs))

/** Value of x, held in [low, high]. The gradient passes only where x lies between the bounds. */
export const clamp = (x: Node, low: Node, high: Node): Node => maximum(minimum(x, high), low)

/**
 * Clipped policy-gradient loss: the larger of the losses with the ratio and with the clipped ratio.
 *
 *     loss = -min( ratio A, clip(ratio, 1 - clipLow, 1 + clipHigh) A )
 *
 * The bounds are scalars of the objective, so that a controller may replace them.
 *
 * @shape [B, T]  ->  [B, T]
 */
export const clippedLoss = (
  ratio_BT: Node,
  { advantages_BT, scalar: number }: ObjectiveInputs,
): Required<ObjectiveOutputs> => {
  const plain = mul(ratio_BT, advantages_BT)
  const clippedRatio = clamp(ratio_BT, sub(scalar(1), number('clipLow')), add(scalar(1), number('clipHigh')))
  const clipped = mul(clippedRatio, advantages_BT)
  return { loss_BT: neg(minimum(plain, clipped)), clipped_BT: less(clipped, plain), ratio_BT }
}
