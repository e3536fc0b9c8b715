import { add, constant, gather, matmul, mul, reshape } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** Turns queries and keys by their positions. @shape [B, H, T, D] -> same */
export type Rotation = (x: Node) => Node

/**
 * Rotary position embedding: x * cos + rotateHalf(x) * sin, angle(position, i) = position * theta^(-2i / D).
 *
 * rotateHalf is a product with a signed permutation: one engine call forward and one backward, where slicing,
 * negating and joining would take four and six.
 *
 * @source arXiv:2104.09864, in the half-split layout of Hugging Face checkpoints
 */
const rotation = (cosine: Node, sine: Node, width: number): Rotation => {
  const half = constant(halfTurn(width), [width, width])
  return (x) => add(mul(x, cosine), mul(matmul(x, half), sine))
}

/** For rows that all start at position 0. */
export const ropeFromStart = (length: number, width: number, theta: number): Rotation => {
  const table = (f: (angle: number) => number) => constant(angles(length, width, theta, f), [length, width])
  return rotation(table(Math.cos), table(Math.sin), width)
}

/** For one token per row, each at a position of its own. @shape positions_B [B] (int32), below `limit` */
export const ropeAt = (positions_B: Node, limit: number, width: number, theta: number): Rotation => {
  const [batch] = positions_B.shape
  const rows = (f: (angle: number) => number) =>
    reshape(gather(constant(angles(limit, width, theta, f), [limit, width]), positions_B), [batch ?? 1, 1, 1, width])
  return rotation(rows(Math.cos), rows(Math.sin), width)
}

const angles = (length: number, width: number, theta: number, f: (angle: number) => number): Float32Array =>
  Float32Array.from({ length: length * width }, (_, i) => {
    const position = Math.floor(i / width)
    const pair = (i % width) % (width / 2)
    return f(position * theta ** ((-2 * pair) / width))
  })

const halfTurn = (width: number): Float32Array => {
  const half = width / 2
  const matrix = new Float32Array(width * width)
  for (let i = 0; i < half; i++) {
    matrix[(i + half) * width + i] = -1
    matrix[i * width + i + half] = 1
  }
  return matrix
}
