import type { DType, Shape } from './node.js'

/** Shape and element type of a tensor: the facts that are known when the program is built. */
export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

/** Returns whether two shapes are equal. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/**
 * Returns the shape to which two shapes broadcast by the rule of NumPy, or null if they do not fit. The shapes are
 * aligned at their last axis, and two sizes fit if they are equal or if one is 1.
 */
export const broadcastShapes = (a: Shape, b: Shape): Shape | null => {
  const rank = Math.max(a.length, b.length)
  const sizes = Array.from({ length: rank }, (_, i) => {
    const [left, right] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    return left === 1 || left === right ? right : right === 1 ? left : NaN
  })
  return sizes.some(Number.isNaN) ? null : sizes
}

/** Prints the type of a tensor as in printed programs: `float32[256, 64]`. */
export const describeType = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(', ')}]`
