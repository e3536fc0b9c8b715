import type { Shape } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { broadcastShapes, type TensorType } from '../program/shape.js'

/** Dimensions are positive integers; an empty tensor has no place in a program. @errors ShapeError */
export const checkShape = (op: string, type: TensorType): TensorType => {
  if (!type.shape.every((size) => Number.isInteger(size) && size > 0))
    throw new ShapeError(op, [type], 'dimensions that are positive integers')
  return type
}

/** @errors ShapeError */
export const checkFloat = (op: string, ...types: readonly TensorType[]): void => {
  if (types.some(({ dtype }) => dtype !== 'float32')) throw new ShapeError(op, types, 'float32')
}

/** int8 is for storage. @errors ShapeError */
export const checkComputable = (op: string, types: readonly TensorType[]): void => {
  if (types.some(({ dtype }) => dtype === 'int8')) throw new ShapeError(op, types, 'int8 cast first')
}

/** Type of an element-wise function of real numbers. @errors ShapeError */
export const floatType = (op: string, { shape, dtype }: TensorType): TensorType => {
  checkFloat(op, { shape, dtype })
  return { shape, dtype }
}

/** Type of what two tensors of one element type give together. @errors ShapeError */
export const broadcastType = (op: string, a: TensorType, b: TensorType): TensorType => {
  const shape = broadcastShapes(a.shape, b.shape)
  if (shape === null) throw new ShapeError(op, [a, b], 'shapes that broadcast')
  if (a.dtype !== b.dtype) throw new ShapeError(op, [a, b], 'one element type')
  return { shape, dtype: a.dtype }
}

/** The axis counted from 0. @errors ShapeError */
export const normalizeAxis = (op: string, x: TensorType, axis: number): number => {
  const rank = x.shape.length
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) throw new ShapeError(op, [x], `an axis ${axis}`)
  return axis < 0 ? axis + rank : axis
}

/** Axes counted from 0, ascending. @errors ShapeError */
export const normalizeAxes = (op: string, x: TensorType, axes: readonly number[]): readonly number[] => {
  const normal = axes.map((axis) => normalizeAxis(op, x, axis)).sort((a, b) => a - b)
  if (new Set(normal).size < normal.length) throw new ShapeError(op, [x], `each axis once, not [${axes.join(', ')}]`)
  return normal
}

/** Sizes without the reduced axes, or with 1 in their place. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): Shape =>
  keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i))
