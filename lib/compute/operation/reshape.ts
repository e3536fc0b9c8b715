import { isOp, type Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { describeType, sameShape, sizeOf } from '../program/shape.js'
import { checkShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const reshapeOperation: Operation<'reshape'> = {
  infer: ([x], { shape }) => {
    const type = checkShape('reshape', { shape, dtype: x.dtype })
    if (sizeOf(shape) !== sizeOf(x.shape))
      throw new ShapeError('reshape', [x], `as many elements as ${describeType(type)}`)
    return type
  },
  derivative: (build, g, [x], node) => [
    sizeOf(g.shape) === 1
      ? build.reshape(
          g,
          x.shape.map(() => 1),
        )
      : build.reshape(build.broadcast(g, node.shape), x.shape),
  ],
}

/** The same elements in the same order under another shape. */
export const reshape: Builders['reshape'] = (x, shape) => {
  const source: Node = isOp(x, 'reshape') ? x.inputs[0]! : x
  return sameShape(source.shape, shape) ? source : apply('reshape', reshapeOperation, [source], { shape })
}
