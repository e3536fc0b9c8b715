import type { DType, Shape } from '#lib/compute/program/node.js'

/** Tensor whose floats are in double precision. */
export interface ReferenceTensor {
  readonly shape: Shape
  readonly data: Float64Array | Int32Array
}

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

export const zeros = ({ shape, dtype }: { readonly shape: Shape; readonly dtype: DType }): Float64Array | Int32Array =>
  dtype === 'float32' ? new Float64Array(sizeOf(shape)) : new Int32Array(sizeOf(shape))

/** Yields every index of a shape in row-major order. */
export function* indicesOf(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    let rest = flat
    const index = new Array<number>(shape.length)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
    yield index
  }
}

/**
 * Position of an index in row-major order. Leading axes that the shape lacks and axes of size 1 are ignored, as in
 * broadcasting.
 */
export const offsetOf = (shape: Shape, index: readonly number[]): number => {
  const added = index.length - shape.length
  return shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : index[axis + added]!), 0)
}

export const at = ({ shape, data }: ReferenceTensor, index: readonly number[]): number => data[offsetOf(shape, index)]!
