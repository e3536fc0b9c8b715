import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { apply, type Builders, type Operation } from './operation.js'

export const sliceOperation: Operation<'slice'> = {
  infer: ([x], { starts, sizes }) => {
    const inside = x.shape.every((size, i) => {
      const [start, taken] = [starts[i] ?? NaN, sizes[i] ?? NaN]
      return Number.isInteger(start) && Number.isInteger(taken) && start >= 0 && taken > 0 && start + taken <= size
    })
    if (!inside || starts.length !== x.shape.length || sizes.length !== x.shape.length)
      throw new ShapeError('slice', [x], `room for sizes [${sizes.join(', ')}] from [${starts.join(', ')}]`)
    return { shape: sizes, dtype: x.dtype }
  },
  derivative: (build, g, [x], { shape, attributes: { starts } }) => [
    build.pad(
      build.broadcast(g, shape),
      starts,
      x.shape.map((size, i) => size - starts[i]! - shape[i]!),
    ),
  ],
}

/** `sizes` elements from `starts` on, along every axis. */
export const slice: Builders['slice'] = (x, starts, sizes) => {
  const node = apply('slice', sliceOperation, [x], { starts, sizes })
  return sameShape(x.shape, sizes) ? x : node
}
