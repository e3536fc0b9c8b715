import { ShapeError } from '../program/shape-error.js'
import { isOp, type Node } from '../program/node.js'
import { sameShape, sizeOf } from '../program/shape.js'
import { constant } from './leaf.js'
import { apply, type Builders, type Operation } from './operation.js'

export const sliceOperation: Operation<'slice'> = {
  infer: ([x], { starts, sizes }) => {
    const inside = x.shape.every((size, i) => {
      const [start, count] = [starts[i] ?? NaN, sizes[i] ?? NaN]
      return Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count > 0 && start + count <= size
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

/**
 * Cuts a block out of a tensor: `sizes` elements from `starts` on, for every axis.
 *
 * @shape  starts [1, 0], sizes [2, 3]: [5, 3] -> [2, 3]
 * @errors ShapeError if the block is not inside the tensor
 */
export const slice: Builders['slice'] = (x, starts, sizes) => {
  const node = apply('slice', sliceOperation, [x], { starts, sizes })
  if (sameShape(x.shape, sizes)) return x
  return ofPad(x, starts, sizes) ?? ofConcat(x, starts, sizes) ?? node
}

/** Slice of a pad as a slice of the padded tensor, or as zeros; null if it contains both. */
const ofPad = (x: Node, starts: readonly number[], sizes: readonly number[]): Node | null => {
  if (!isOp(x, 'pad')) return null
  const [inner] = x.inputs as [Node]
  const from = starts.map((start, i) => start - x.attributes.before[i]!)
  if (from.some((start, i) => start >= inner.shape[i]! || start + sizes[i]! <= 0))
    return constant(x.dtype === 'int32' ? new Int32Array(sizeOf(sizes)) : new Float32Array(sizeOf(sizes)), sizes)
  return from.every((start, i) => start >= 0 && start + sizes[i]! <= inner.shape[i]!) ? slice(inner, from, sizes) : null
}

/** Slice of a concatenation as a slice of one part; null if it reaches over several parts. */
const ofConcat = (x: Node, starts: readonly number[], sizes: readonly number[]): Node | null => {
  if (!isOp(x, 'concat')) return null
  const { axis } = x.attributes
  let begin = 0
  for (const part of x.inputs) {
    const [from, end] = [starts[axis]! - begin, begin + part.shape[axis]!]
    if (from >= 0 && starts[axis]! + sizes[axis]! <= end) return slice(part, starts.with(axis, from), sizes)
    begin = end
  }
  return null
}
