import { add, matmul, mul, quantizedMatmul, scalar, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** Weight of a projection: float32 [out, in], quantized to eight bits, or with an adapter. */
export type Weight = FixedWeight | AdaptedWeight

type FixedWeight = Node | QuantizedWeight

/** A weight quantized to eight bits; column j is multiplied by scale_j. @shape values [in, out] (int8), scale [out] */
export interface QuantizedWeight {
  readonly values: Node
  readonly scale: Node
}

/** A fixed weight and an adapter, whose output is multiplied by `strength`. @shape a [rank, in], b [out, rank] */
export interface AdaptedWeight {
  readonly fixed: FixedWeight
  readonly a: Node
  readonly b: Node
  readonly strength: number
}

/** Projection: x weight^T + bias. @shape x [n, in], bias [out] -> [n, out] */
export const linear = (x: Node, weight: Weight, bias?: Node): Node => {
  const result = multiply(x, weight)
  return bias === undefined ? result : add(result, bias)
}

const multiply = (x: Node, weight: Weight): Node => {
  if ('strength' in weight) {
    const scaled = mul(multiply(x, weight.a), scalar(weight.strength))
    return add(multiply(x, weight.fixed), multiply(scaled, weight.b))
  }
  return 'scale' in weight ? quantizedMatmul(x, weight.values, weight.scale) : matmul(x, transpose(weight, [1, 0]))
}
