import type { Node } from '../program/node.js'
import type { Builders } from './operation.js'

/**
 * x, but not before `signal` is known: what is computed from it anew, in a backward pass, need not be kept from the
 * forward pass, and is no common subexpression of it.
 */
export const after = ({ add, mul, reshape, scalar, slice }: Builders, x: Node, signal: Node): Node => {
  const origin = signal.shape.map(() => 0)
  const one = signal.shape.map(() => 1)
  return add(x, mul(reshape(slice(signal, origin, one), []), scalar(0)))
}
