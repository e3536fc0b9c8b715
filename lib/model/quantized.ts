import type { HostTensor } from '../compute/program/node.js'

/** A matrix quantized to eight bits. @shape values [in, out] (Int8Array), scale [out] */
export interface QuantizedMatrix {
  readonly values: HostTensor
  readonly scale: HostTensor
}

/**
 * Largest absolute value. On x86-64 cores without VNNI, ONNX Runtime multiplies bytes of 0 to 255 by these values and adds
 * pairs in 16 bits. Larger values would overflow there, because 2 * 255 * 64 is almost 2^15.
 */
const LARGEST = 64

/** Smallest normal float32. A row whose scale would be smaller is quantized to zeros. */
const SMALLEST = 2 ** -126

/** Side of the squares in which a matrix is transposed, so that a square fits into the first cache. */
const TILE = 32

/**
 * Rounds each row of a weight to multiples of a scale of its own, so that the largest absolute value is {@link LARGEST}:
 *
 *     scale_j = max_i |w_ji| / 64        values_ij = round(w_ji / scale_j)
 *
 * @shape [out, in] (float32) -> values [in, out], scale [out]
 */
export const quantize = ({ shape, data }: HostTensor): QuantizedMatrix => {
  const [out, width] = shape as [number, number]
  const rounded = new Int8Array(data.length)
  const scale = new Float32Array(out)
  for (let j = 0; j < out; j++) {
    const row = data.subarray(j * width, (j + 1) * width)
    const step = Math.fround(maxAbs(row) / LARGEST)
    if (step < SMALLEST) continue
    scale[j] = step
    roundRow(row, 1 / step, rounded, j * width)
  }
  const values = transpose(rounded, out, width)
  return { values: { shape: [width, out], data: values }, scale: { shape: [out], data: scale } }
}

const maxAbs = (row: ArrayLike<number>): number => {
  let largest = 0
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]!))
  return largest
}

/** Rounds to the nearest integer. The sum is positive, so that `| 0` rounds down. */
const roundRow = (row: ArrayLike<number>, inverse: number, to: Int8Array, at: number): void => {
  for (let i = 0; i < row.length; i++) to[at + i] = ((row[i]! * inverse + (LARGEST + 0.5)) | 0) - LARGEST
}

/** @shape [rows, columns] -> [columns, rows] */
const transpose = (matrix: Int8Array, rows: number, columns: number): Int8Array => {
  const result = new Int8Array(matrix.length)
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE) {
      const [bottom, right] = [Math.min(rows, top + TILE), Math.min(columns, left + TILE)]
      for (let i = left; i < right; i++)
        for (let j = top; j < bottom; j++) result[i * rows + j] = matrix[j * columns + i]!
    }
  return result
}
