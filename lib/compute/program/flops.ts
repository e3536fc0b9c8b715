import { isOp, type Program } from './node.js'
import { sizeOf } from './shape.js'
import { topologicalOrder } from './traverse.js'

/** Number of floating-point operations of the matrix products of one run: 2 m n k for [m, k] x [k, n]. */
export const flops = (program: Program): number =>
  topologicalOrder(program).reduce(
    (total, node) =>
      isOp(node, 'matmul') || isOp(node, 'quantizedMatmul')
        ? total + 2 * sizeOf(node.shape) * node.inputs[0]!.shape.at(-1)!
        : total,
    0,
  )
