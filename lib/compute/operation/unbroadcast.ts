import type { Node, Shape } from '../program/node.js'
import type { Builders } from './operation.js'

/**
 * Gradient of an operand that was broadcast from shape `to` to shape `from`: the sum over the repeated axes. Along an
 * axis of size 1 the gradient is constant, so the sum is a multiplication.
 */
export const unbroadcast = ({ mul, reshape, scalar, sum }: Builders, gradient: Node, from: Shape, to: Shape): Node => {
  const added = from.length - to.length
  const repeated = from.flatMap((size, i) => (size > 1 && (to[i - added] ?? 1) === 1 ? [i] : []))
  const summed = repeated.filter((i) => gradient.shape[i] !== 1)
  const times = repeated.reduce((n, i) => (gradient.shape[i] === 1 ? n * from[i]! : n), 1)
  const leading = Array.from({ length: added }, (_, i) => i)
  const total = summed.every((i) => i < added)
    ? sum(gradient, leading)
    : reshape(
        sum(gradient, summed, true),
        gradient.shape.slice(added).map((size, i) => (to[i] === 1 ? 1 : size)),
      )
  return mul(total, scalar(times))
}
