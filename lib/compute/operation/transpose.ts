import { isOp, type Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { apply, type Builders, type Operation } from './operation.js'

export const transposeOperation: Operation<'transpose'> = {
  infer: ([x], { permutation }) => {
    const seen = new Set(permutation)
    if (permutation.length !== x.shape.length || !x.shape.every((_, axis) => seen.has(axis)))
      throw new ShapeError('transpose', [x], `a permutation of its axes, not [${permutation.join(', ')}]`)
    return { shape: permutation.map((axis) => x.shape[axis]!), dtype: x.dtype }
  },
  derivative: (build, g, _, { attributes: { permutation } }) => {
    const back = permutation.map((_, axis) => permutation.indexOf(axis))
    return [isSwap(back) && isOp(g, 'matmul') ? transposeProduct(build, g) : build.transpose(g, back)]
  },
}

/**
 * Rewrites (a b)^T as b^T a^T if a is a transpose, as in the gradient of a weight, because the two transposes cancel.
 */
const transposeProduct = ({ matmul }: Builders, product: Node<'matmul'>): Node => {
  const [a, b] = product.inputs as readonly [Node, Node]
  const cancels = isOp(a, 'transpose') && isSwap(a.attributes.permutation)
  return cancels ? matmul(swapLast(b), swapLast(a)) : swapLast(product)
}

/**
 * Permutes the axes: axis i of the result is axis permutation[i] of x.
 *
 * @shape  permutation [1, 0]: [2, 3] -> [3, 2]
 * @errors ShapeError if it is not a permutation of the axes
 */
export const transpose: Builders['transpose'] = (x, permutation) => {
  const normal = permutation.map((axis) => (axis < 0 ? axis + x.shape.length : axis))
  const node = apply('transpose', transposeOperation, [x], { permutation: normal })
  if (normal.every((axis, i) => axis === i)) return x
  if (!isOp(x, 'transpose')) return node
  const { permutation: inner } = x.attributes
  return transpose(
    x.inputs[0]!,
    normal.map((axis) => inner[axis]!),
  )
}

/** Transposes the last two axes. @shape [..., m, n] -> [..., n, m] */
export const swapLast = (x: Node): Node => transpose(x, swapPermutation(x.shape.length))

const swapPermutation = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))

const isSwap = (permutation: readonly number[]): boolean =>
  permutation.length >= 2 && swapPermutation(permutation.length).every((axis, i) => axis === permutation[i])
