import { add, exp, less, maximum, minimum, mul, neg, scalar, sub } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { ObjectiveInputs, ObjectiveOutputs } from './objective.js'

/** exp(logprob - old logprob), of each token. */
export const tokenRatio = ({ logprobs_BT, oldLogprobs_BT }: ObjectiveInputs): Node =>
  exp(sub(logprobs_BT, oldLogprobs_BT))

/** x held in [low, high]; the gradient passes inside. */
export const clamp = (x: Node, low: Node, high: Node): Node => maximum(minimum(x, high), low)

/**
 * The pessimistic one of a ratio and its clipped self:
 *
 *     loss = -min( ratio A, clip(ratio, 1 - clipLow, 1 + clipHigh) A )
 *
 * The bounds are scalars of the objective, so that a controller may change them.
 */
export const clippedLoss = (
  ratio_BT: Node,
  { advantages_BT, scalar: number }: ObjectiveInputs,
): Required<ObjectiveOutputs> => {
  const plain = mul(ratio_BT, advantages_BT)
  const held = clamp(ratio_BT, sub(scalar(1), number('clipLow')), add(scalar(1), number('clipHigh')))
  const clipped = mul(held, advantages_BT)
  return { loss_BT: neg(minimum(plain, clipped)), clipped_BT: less(clipped, plain), ratio_BT }
}
