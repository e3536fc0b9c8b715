import { isOp } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { describeType, sameShape, sizeOf } from '../program/shape.js'
import { checkShape } from './check.js'
import { constant } from './leaf.js'
import { apply, type Builders, type Operation } from './operation.js'

export const reshapeOperation: Operation<'reshape'> = {
  infer: ([x], { shape }) => {
    const type = checkShape('reshape', { shape, dtype: x.dtype })
    if (sizeOf(shape) !== sizeOf(x.shape))
      throw new ShapeError('reshape', [x], `as many elements as ${describeType(type)}`)
    return type
  },
  derivative: (build, g, [x], { shape }) => {
    const ones = x.shape.map(() => 1)
    return [sizeOf(g.shape) === 1 ? build.reshape(g, ones) : build.reshape(build.broadcast(g, shape), x.shape)]
  },
}

/**
 * Tensor with another shape, with the same elements in the same order.
 *
 * @shape  to [3, 2]: [2, 3] -> [3, 2]
 * @errors ShapeError if the number of elements differs
 */
export const reshape: Builders['reshape'] = (x, shape) => {
  const node = apply('reshape', reshapeOperation, [x], { shape })
  if (sameShape(x.shape, shape)) return x
  if (isOp(x, 'reshape')) return reshape(x.inputs[0]!, shape)
  return isOp(x, 'constant') ? constant(x.attributes.data, shape) : node
}
