import { add, matmul, mul, quantizedMatmul, scalar, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** As it was trained, [out, in], or in eight bits; and beside it, what is trained in its place. */
export type Weight = Node | QuantizedWeight | AdaptedWeight

/** @shape values [in, out] (int8), scale [out]; column j counts scale_j times */
export interface QuantizedWeight {
  readonly values: Node
  readonly scale: Node
}

/** @shape a [rank, in], b [out, rank]; what they give counts `strength` times */
export interface AdaptedWeight {
  readonly weight: Node | QuantizedWeight
  readonly a: Node
  readonly b: Node
  readonly strength: number
}

/** @shape x [n, in] -> [n, out] */
export const linear = (x: Node, weight: Weight): Node => {
  if ('strength' in weight) {
    const low = mul(linear(x, weight.a), scalar(weight.strength))
    return add(linear(x, weight.weight), linear(low, weight.b))
  }
  return 'scale' in weight ? quantizedMatmul(x, weight.values, weight.scale) : matmul(x, transpose(weight, [1, 0]))
}
