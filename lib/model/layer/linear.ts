import { matmul, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** @shape x [n, in], weight [out, in] -> [n, out] */
export const linear = (x: Node, weight: Node): Node => matmul(x, transpose(weight, [1, 0]))
