import type { RopeAttributes } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const ropeOperation: FusedOperation<'rope'> = {
  infer: ([x, positions], { frequencies, limit }) => {
    checkFloat('rope', x)
    const [B, , T, D] = x.shape
    const [rows, length, ...more] = positions.shape
    const hasPositions = positions.dtype === 'int32' && (rows === B || rows === 1) && length === T && more.length === 0
    if (x.shape.length !== 4 || D !== 2 * frequencies.length || !hasPositions || !Number.isInteger(limit) || limit < 1)
      throw new ShapeError(
        'rope',
        [x, positions],
        `x [B, H, T, ${2 * frequencies.length}] and positions [B, T] or [1, T] in int32`,
      )
    return { shape: x.shape, dtype: 'float32' }
  },
  compose: ({ add, constant, gather, matmul, mul, reshape }, [x, positions], attributes) => {
    const width = x.shape[3]!
    const { cosine, sine } = rotaryTables(attributes)
    const [rows, length] = positions.shape as [number, number]
    const at = (table: Float32Array) => {
      const whole = repeatTwice(table, width / 2)
      return reshape(gather(constant(whole, [attributes.limit, width]), positions), [rows, 1, length, width])
    }
    return add(mul(x, at(cosine)), mul(matmul(x, constant(halfTurn(width), [width, width])), at(sine)))
  },
  derivative: ({ broadcast, rope }, g, [, positions], { shape, attributes }) => [
    rope(broadcast(g, shape), positions, { ...attributes, back: !attributes.back }),
    null,
  ],
}

/**
 * Rotary position embedding: x * cos + rotateHalf(x) * sin, with angle(position, i) = position * frequency_i.
 *
 * @shape  x [B, H, T, D], positions [B, T] or [1, T] (int32), below `limit` -> [B, H, T, D]
 * @units  frequencies in radians per position
 * @source arXiv:2104.09864, in the half-split layout of Hugging Face checkpoints
 */
export const rope: Builders['rope'] = (x, positions, attributes) =>
  apply('rope', ropeOperation, [x, positions], attributes)

/** Cosine and sine of every angle; of the opposite angles if `back` is true. @shape each [limit, D / 2] */
export const rotaryTables = ({ frequencies, limit, back }: RopeAttributes) => {
  const half = frequencies.length
  const table = (f: (angle: number) => number) =>
    Float32Array.from({ length: limit * half }, (_, i) => f(Math.floor(i / half) * frequencies[i % half]!))
  return { cosine: table(Math.cos), sine: table((angle) => (back ? -Math.sin(angle) : Math.sin(angle))) }
}

/** Repeats every row of a table beside itself. @shape [rows, half] -> [rows, 2 half] */
const repeatTwice = (table: Float32Array, half: number): Float32Array =>
  Float32Array.from({ length: 2 * table.length }, (_, i) => table[Math.floor(i / (2 * half)) * half + (i % half)]!)

/**
 * Matrix of rotateHalf, a signed permutation. The product with it replaces four operations: two slices, a negation and
 * a join.
 */
const halfTurn = (width: number): Float32Array => {
  const half = width / 2
  const matrix = new Float32Array(width * width)
  for (let i = 0; i < half; i++) {
    matrix[(i + half) * width + i] = -1
    matrix[i * width + i + half] = 1
  }
  return matrix
}
