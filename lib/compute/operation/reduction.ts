/** Operations that combine the elements along some axes. */
import type { Node } from '../program/node.js'
import { normalizeAxes, reducedShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { reshape } from './reshape.js'

export const sumOperation: Operation<'sum'> = {
  infer: ([{ shape, dtype }], { axes, keepDims }) => ({ shape: reducedShape(shape, axes, keepDims), dtype }),
  derivative: (build, g, _, { attributes: { axes, keepDims } }) => [keepDims ? g : restoreAxes(build, g, axes)],
}

/**
 * Sum over some axes. The axes are removed, or kept with size 1 if `keepDims` is true.
 *
 * @shape axes [-1]: [2, 3] -> [2], with keepDims [2, 1]
 */
export const sum: Builders['sum'] = (x, axes, keepDims = false) => {
  const normal = normalizeAxes('sum', x, axes)
  return normal.every((axis) => x.shape[axis] === 1)
    ? reshape(x, reducedShape(x.shape, normal, keepDims))
    : apply('sum', sumOperation, [x], { axes: normal, keepDims })
}

export const maxOperation: Operation<'max'> = {
  infer: ([{ shape, dtype }], { axes, keepDims }) => ({ shape: reducedShape(shape, axes, keepDims), dtype }),
  derivative: (build, g, [x], node) => {
    const { axes, keepDims } = node.attributes
    const kept = (y: Node) => (keepDims ? y : restoreAxes(build, y, axes))
    const largest = build.equal(x, kept(node))
    const share = build.div(kept(g), build.sum(largest, axes, true))
    return [build.mul(largest, share)]
  },
}

/**
 * Largest element over some axes. The axes are removed, or kept with size 1 if `keepDims` is true. If several elements
 * are the largest, each gets an equal share of the gradient.
 *
 * @shape axes [0]: [2, 3] -> [3], with keepDims [1, 3]
 */
export const max: Builders['max'] = (x, axes, keepDims = false) => {
  const normal = normalizeAxes('max', x, axes)
  return normal.every((axis) => x.shape[axis] === 1)
    ? reshape(x, reducedShape(x.shape, normal, keepDims))
    : apply('max', maxOperation, [x], { axes: normal, keepDims })
}

/** Inserts the axes that a reduction removed, with size 1. */
const restoreAxes = ({ reshape }: Builders, reduced: Node, axes: readonly number[]): Node => {
  const rank = reduced.shape.length + axes.length
  const sizes = reduced.shape.values()
  const next = () => sizes.next().value ?? 1
  return reshape(
    reduced,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : next())),
  )
}
