import { ShapeError } from '../program/shape-error.js'
import { broadcastShapes, describeType, sameShape } from '../program/shape.js'
import { checkShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { unbroadcast } from './unbroadcast.js'

export const broadcastOperation: Operation<'broadcast'> = {
  infer: ([x], { shape }) => {
    const type = checkShape('broadcast', { shape, dtype: x.dtype })
    const joined = broadcastShapes(x.shape, shape)
    if (joined === null || !sameShape(joined, shape))
      throw new ShapeError('broadcast', [x], `a shape that broadcasts to ${describeType(type)}`)
    return type
  },
  derivative: (build, g, [x], { shape }) => [unbroadcast(build, g, shape, x.shape)],
}

/**
 * Repeats a tensor along axes of size 1 and along new leading axes. Binary operations broadcast by themselves, without
 * a copy.
 *
 * @shape to [2, 4, 3]: [4, 1] -> [2, 4, 3]
 * @errors ShapeError if the shape does not broadcast to the other
 */
export const broadcast: Builders['broadcast'] = (x, shape) =>
  sameShape(x.shape, shape) ? x : apply('broadcast', broadcastOperation, [x], { shape })
