import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { apply, type Builders, type Operation } from './operation.js'

export const padOperation: Operation<'pad'> = {
  infer: ([x], { before, after }) => {
    const counts = [...before, ...after].every((count) => Number.isInteger(count) && count >= 0)
    if (!counts || before.length !== x.shape.length || after.length !== x.shape.length)
      throw new ShapeError('pad', [x], `zeros per axis, not [${before.join(', ')}] and [${after.join(', ')}]`)
    return { shape: x.shape.map((size, i) => before[i]! + size + after[i]!), dtype: x.dtype }
  },
  derivative: (build, g, [x], { shape, attributes: { before } }) => [
    build.slice(build.broadcast(g, shape), before, x.shape),
  ],
}

/**
 * Adds zeros before and after the elements of every axis.
 *
 * @shape before [0, 1], after [2, 0]: [3, 4] -> [5, 5]
 * @errors ShapeError if there is not one count for each axis
 */
export const pad: Builders['pad'] = (x, before, after) => {
  const node = apply('pad', padOperation, [x], { before, after })
  return sameShape(x.shape, node.shape) ? x : node
}
