import { add, matmul, quantizedMatmul, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** As it was trained, [out, in], or in eight bits. */
export type Weight = Node | QuantizedWeight

/** @shape values [in, out] (int8), scale [out]; column j counts scale_j times */
export interface QuantizedWeight {
  readonly values: Node
  readonly scale: Node
}

/** @shape x [n, in], bias [out] -> [n, out] */
export const linear = (x: Node, weight: Weight, bias?: Node): Node => {
  const product =
    'scale' in weight ? quantizedMatmul(x, weight.values, weight.scale) : matmul(x, transpose(weight, [1, 0]))
  return bias === undefined ? product : add(product, bias)
}
