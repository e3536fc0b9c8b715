import { add, div, mul, scalar, sqrt, sum } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/**
 * Root-mean-square normalisation over the last axis: x / sqrt(mean x^2 + epsilon) * weight.
 *
 * @shape  x [..., d], weight [d] -> [..., d]
 * @source arXiv:1910.07467
 */
export const rmsNorm = (x: Node, weight: Node, epsilon: number): Node => {
  const meanSquare = mul(sum(mul(x, x), [-1], true), scalar(1 / (x.shape.at(-1) ?? 1)))
  return mul(div(x, sqrt(add(meanSquare, scalar(epsilon)))), weight)
}
