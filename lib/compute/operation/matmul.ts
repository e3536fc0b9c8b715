import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { broadcastShapes, sizeOf } from '../program/shape.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { swapLast } from './transpose.js'
import { unbroadcast } from './unbroadcast.js'

export const matmulOperation: Operation<'matmul'> = {
  infer: ([a, b]) => {
    checkFloat('matmul', a, b)
    const leading = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const [m, k] = a.shape.slice(-2)
    const [rows, n] = b.shape.slice(-2)
    if (leading === null || m === undefined || n === undefined || k !== rows)
      throw new ShapeError('matmul', [a, b], '[..., m, k] and [..., k, n], leading axes that broadcast')
    return { shape: [...leading, m, n], dtype: 'float32' }
  },
  derivative: (build, gradient, [a, b], { shape }) => {
    const g = build.broadcast(gradient, shape)
    const leftGradient = build.matmul(g, swapLast(b))
    return [unbroadcast(build, leftGradient, leftGradient.shape, a.shape), rightGradient(build, g, a, b)]
  },
}

/**
 * Gradient of b. If b is one matrix, it is one product over all rows of a, which is faster than one per leading axis.
 */
const rightGradient = (build: Builders, g: Node, a: Node, b: Node): Node => {
  if (b.shape.length > 2) {
    const gradient = build.matmul(swapLast(a), g)
    return unbroadcast(build, gradient, gradient.shape, b.shape)
  }
  const rows = (x: Node) => build.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])
  return build.matmul(swapLast(rows(a)), rows(g))
}

/**
 * Matrix product over the last two axes. The leading axes broadcast.
 *
 * @shape  [..., m, k], [..., k, n] -> [..., m, n]: [2, 5, 3], [3, 4] -> [2, 5, 4]
 * @errors ShapeError
 */
export const matmul: Builders['matmul'] = (a, b) => apply('matmul', matmulOperation, [a, b], {})
