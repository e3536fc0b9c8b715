import { add, matmul, mul, quantizedMatmul, scalar, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** As it was trained, [out, in], or in eight bits; and beside it, what is trained in its place. */
export type Weight = FixedWeight | AdaptedWeight

type FixedWeight = Node | QuantizedWeight

/** @shape values [in, out] (int8), scale [out]; column j counts scale_j times */
export interface QuantizedWeight {
  readonly values: Node
  readonly scale: Node
}

/** @shape a [rank, in], b [out, rank]; what they give counts `strength` times */
export interface AdaptedWeight {
  readonly fixed: FixedWeight
  readonly a: Node
  readonly b: Node
  readonly strength: number
}

/** @shape x [n, in], bias [out] -> [n, out] */
export const linear = (x: Node, weight: Weight, bias?: Node): Node => {
  const result = product(x, weight)
  return bias === undefined ? result : add(result, bias)
}

const product = (x: Node, weight: Weight): Node => {
  if ('strength' in weight) {
    const low = mul(product(x, weight.a), scalar(weight.strength))
    return add(product(x, weight.fixed), product(low, weight.b))
  }
  return 'scale' in weight ? quantizedMatmul(x, weight.values, weight.scale) : matmul(x, transpose(weight, [1, 0]))
}
