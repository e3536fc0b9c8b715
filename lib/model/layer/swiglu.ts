import { mul, sigmoid } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { linear } from './linear.js'

/**
 * Gated feed-forward: down( silu(gate x) * up x ).
 *
 * @shape  x [n, d] -> [n, d]
 * @source arXiv:2002.05202
 */
export const swiglu = (x: Node, weights: { readonly gate: Node; readonly up: Node; readonly down: Node }): Node => {
  const gate = linear(x, weights.gate)
  return linear(mul(mul(gate, sigmoid(gate)), linear(x, weights.up)), weights.down)
}
