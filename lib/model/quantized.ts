import type { HostTensor } from '../compute/program/node.js'

/** A matrix in eight bits. @shape values [in, out] (Int8Array), scale [out] */
export interface QuantizedMatrix {
  readonly values: HostTensor
  readonly scale: HostTensor
}

/**
 * Largest size of a value. ONNX Runtime multiplies bytes of 0 to 255 by these, and adds up pairs in 16 bits where an x86-64
 * core has no VNNI: more than 2 * 255 * 64 would be clipped there.
 */
const LARGEST = 64

/** Smallest scale that float32 holds to all its digits; a row that is smaller all over is zeros. */
const SMALLEST = 2 ** -126

/** Side of the squares in which a matrix is transposed: what is read and written of one stays in the nearest cache. */
const TILE = 32

/**
 * Each row of a weight rounded to multiples of its own scale, so that its largest number is {@link LARGEST} of them:
 *
 *     scale_j = max_i |w_ji| / 64        values_ij = round(w_ji / scale_j)
 *
 * @shape [out, in] (float32) -> values [in, out], scale [out]
 */
export const quantized = ({ shape, data }: HostTensor): QuantizedMatrix => {
  const [out, width] = shape as [number, number]
  const rounded = new Int8Array(data.length)
  const scale = new Float32Array(out)
  for (let j = 0; j < out; j++) {
    const row = data.subarray(j * width, (j + 1) * width)
    const step = Math.fround(largestOf(row) / LARGEST)
    if (step < SMALLEST) continue
    scale[j] = step
    roundRow(row, 1 / step, rounded, j * width)
  }
  const values = transposed(rounded, out, width)
  return { values: { shape: [width, out], data: values }, scale: { shape: [out], data: scale } }
}

const largestOf = (row: ArrayLike<number>): number => {
  let largest = 0
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i]!))
  return largest
}

/** To the nearest: what is cut off is positive. */
const roundRow = (row: ArrayLike<number>, inverse: number, to: Int8Array, at: number): void => {
  for (let i = 0; i < row.length; i++) to[at + i] = ((row[i]! * inverse + (LARGEST + 0.5)) | 0) - LARGEST
}

/** @shape [rows, columns] -> [columns, rows] */
const transposed = (matrix: Int8Array, rows: number, columns: number): Int8Array => {
  const turned = new Int8Array(matrix.length)
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE) {
      const [bottom, right] = [Math.min(rows, top + TILE), Math.min(columns, left + TILE)]
      for (let i = left; i < right; i++)
        for (let j = top; j < bottom; j++) turned[i * rows + j] = matrix[j * columns + i]!
    }
  return turned
}
