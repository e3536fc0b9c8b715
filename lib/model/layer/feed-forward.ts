import { swiglu } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { linear, type Weight } from './linear.js'

/**
 * Gated feed-forward: down( silu(gate x) * up x ).
 *
 * @shape  x [n, d] -> [n, d]
 * @source arXiv:2002.05202
 */
export const feedForward = (
  x: Node,
  weights: { readonly gate: Weight; readonly up: Weight; readonly down: Weight },
): Node => linear(swiglu(linear(x, weights.gate), linear(x, weights.up)), weights.down)
