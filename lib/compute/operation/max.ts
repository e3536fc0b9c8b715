import type { Node } from '../program/node.js'
import { normalizeAxes, reducedShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { reshape } from './reshape.js'
import { restoreAxes } from './restore-axes.js'

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

/** Largest over axes; where several are, they share the gradient. */
export const max: Builders['max'] = (x, axes, keepDims = false) => {
  const normal = normalizeAxes('max', x, axes)
  return normal.every((axis) => x.shape[axis] === 1)
    ? reshape(x, reducedShape(x.shape, normal, keepDims))
    : apply('max', maxOperation, [x], { axes: normal, keepDims })
}
