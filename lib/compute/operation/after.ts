import type { Node } from '../program/node.js'
import type { Builders } from './operation.js'

/**
 * Returns x as a value that depends on `signal`: it adds signal * 0. Nodes computed from the result cannot be merged
 * with the same nodes computed from x, so a backward pass computes them again instead of keeping them from the forward
 * pass.
 */
export const after = ({ add, mul, reshape, scalar, slice }: Builders, x: Node, signal: Node): Node => {
  const origin = signal.shape.map(() => 0)
  const one = signal.shape.map(() => 1)
  return add(x, mul(reshape(slice(signal, origin, one), []), scalar(0)))
}
