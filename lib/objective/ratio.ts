import { add, exp, less, maximum, minimum, mul, neg, scalar, sub } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { ObjectiveInputs, ObjectiveOutputs } from './objective.js'

/** Ratio of each token: exp(logprob - old logprob). @shape [B, T] */
export const tokenRatio = ({ logprobs_BT, oldLogprobs_BT }: ObjectiveInputs): Node =>
  exp(sub(logprobs_BT, oldLogprobs_BT))

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
