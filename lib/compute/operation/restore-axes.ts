import type { Node } from '../program/node.js'
import type { Builders } from './operation.js'

/** Puts back, as 1, the axes that a reduction dropped. */
export const restoreAxes = ({ reshape }: Builders, reduced: Node, axes: readonly number[]): Node => {
  const rank = reduced.shape.length + axes.length
  const sizes = reduced.shape.values()
  const next = () => sizes.next().value ?? 1
  return reshape(
    reduced,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : next())),
  )
}
