import { isOp, type Node } from '../program/node.js'
import { broadcastShapes, sizeOf } from '../program/shape.js'
import { constant } from './leaf.js'

/** Returns the value of a constant of one element; undefined for other nodes. */
const scalarValue = (x: Node): number | undefined =>
  isOp(x, 'constant') && sizeOf(x.shape) === 1 ? x.attributes.data[0] : undefined

/** Returns whether a node is a constant of zeros. */
export const isZero = (x: Node): boolean => isOp(x, 'constant') && x.attributes.data.every((value) => value === 0)

/**
 * Returns whether a binary operation of x with this constant returns x. `neutral` is the neutral element of the
 * operation.
 */
export const isNeutral = (constant: Node, neutral: number, x: Node): boolean =>
  scalarValue(constant) === neutral && constant.dtype === x.dtype && constant.shape.length <= x.shape.length

/** Returns the result as a constant if both sides are float32 constants of one element, otherwise null. */
export const foldScalars = (a: Node, b: Node, f: (a: number, b: number) => number): Node | null => {
  const [left, right] = [scalarValue(a), scalarValue(b)]
  const shape = broadcastShapes(a.shape, b.shape)
  if (left === undefined || right === undefined || shape === null) return null
  return a.dtype === 'float32' && b.dtype === 'float32' ? constant(Float32Array.of(f(left, right)), shape) : null
}
