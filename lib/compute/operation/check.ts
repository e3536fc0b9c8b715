import type { Shape } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { broadcastShapes, type TensorType } from '../program/shape.js'

/** Checks that all dimensions are positive integers: programs have no empty tensors. @errors throws ShapeError */
export const checkShape = (op: string, type: TensorType): TensorType => {
  if (!type.shape.every((size) => Number.isInteger(size) && size > 0))
    throw new ShapeError(op, [type], 'dimensions that are positive integers')
  return type
}

/** Checks that all tensors are float32. @errors throws ShapeError */
export const checkFloat = (op: string, ...types: readonly TensorType[]): void => {
  if (types.some(({ dtype }) => dtype !== 'float32')) throw new ShapeError(op, types, 'float32')
}

/** Checks that no tensor is int8, a type that only stores weights. @errors throws ShapeError */
export const checkComputable = (op: string, types: readonly TensorType[]): void => {
  if (types.some(({ dtype }) => dtype === 'int8')) throw new ShapeError(op, types, 'int8 cast first')
}

/** Type of the result of an elementwise function of real numbers. @errors throws ShapeError */
export const floatType = (op: string, { shape, dtype }: TensorType): TensorType => {
  checkFloat(op, { shape, dtype })
  return { shape, dtype }
}

/** Type of the result of a binary operation on tensors of one element type. @errors throws ShapeError */
export const broadcastType = (op: string, a: TensorType, b: TensorType): TensorType => {
  const shape = broadcastShapes(a.shape, b.shape)
  if (shape === null) throw new ShapeError(op, [a, b], 'shapes that broadcast')
  if (a.dtype !== b.dtype) throw new ShapeError(op, [a, b], 'one element type')
  return { shape, dtype: a.dtype }
}

/** Returns an axis counted from 0; negative axes count from the end. @errors throws ShapeError */
export const normalizeAxis = (op: string, x: TensorType, axis: number): number => {
  const rank = x.shape.length
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) throw new ShapeError(op, [x], `an axis ${axis}`)
  return axis < 0 ? axis + rank : axis
}

/** Returns axes counted from 0, in ascending order. @errors throws ShapeError */
export const normalizeAxes = (op: string, x: TensorType, axes: readonly number[]): readonly number[] => {
  const normal = axes.map((axis) => normalizeAxis(op, x, axis)).sort((a, b) => a - b)
  if (new Set(normal).size < normal.length) throw new ShapeError(op, [x], `each axis once, not [${axes.join(', ')}]`)
  return normal
}

/** Shape of a reduction: the axes are removed, or have size 1 if `keepDims` is true. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): Shape =>
  keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i))
