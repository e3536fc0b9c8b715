import type { DType, Shape } from './node.js'

/** What is known of a tensor when the program is built. */
export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

/** Number of elements; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/** NumPy's rule: aligned at the right, equal or 1; null where shapes do not fit. */
export const broadcastShapes = (a: Shape, b: Shape): Shape | null => {
  const rank = Math.max(a.length, b.length)
  const sizes = Array.from({ length: rank }, (_, i) => {
    const [left, right] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    return left === 1 || left === right ? right : right === 1 ? left : NaN
  })
  return sizes.some(Number.isNaN) ? null : sizes
}

/** As programs are printed: `float32[256, 64]`. */
export const describeType = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(', ')}]`
