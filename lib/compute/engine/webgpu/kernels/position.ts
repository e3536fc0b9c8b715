import type { Shape } from '../../../program/node.js'

/**
 * Place of one element in a tensor, as WGSL expressions: its number in row-major order, its coordinates, or both. A kernel
 * computes the form that it lacks only when it needs it.
 */
export interface Position {
  readonly shape: Shape
  readonly flat?: string | undefined
  readonly coordinates?: readonly string[] | undefined
}

/** Position of the element with this number. */
export const flatPosition = (shape: Shape, flat: string): Position => ({ shape, flat })

/** Position of the element with these coordinates. */
export const position = (shape: Shape, coordinates: readonly string[]): Position => ({ shape, coordinates })

/** Names an expression in the code and returns the name. */
type Declare = (expression: string) => string

const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** Sum of two integer expressions. */
export const plus = (a: string, b: string): string => {
  if (a === '0') return b
  if (b === '0') return a
  return isNumber(a) && isNumber(b) ? String(Number(a) + Number(b)) : `(${a} + ${b})`
}

const times = (a: string, factor: number): string => {
  if (factor === 1 || a === '0') return a
  return isNumber(a) ? String(Number(a) * factor) : `${a} * ${factor}`
}

/**
 * Quotient of an integer expression that is not negative. A power of two is a shift, because a signed division is one of the
 * slowest instructions.
 */
export const quotient = (a: string, divisor: number): string => {
  if (divisor === 1) return a
  if (isNumber(a)) return String(Math.floor(Number(a) / divisor))
  return isPowerOfTwo(divisor) ? `(${a} >> ${Math.log2(divisor)}u)` : `(${a} / ${divisor})`
}

/** Remainder of an integer expression that is not negative. */
export const remainder = (a: string, divisor: number): string => {
  if (divisor === 1) return '0'
  if (isNumber(a)) return String(Number(a) % divisor)
  return isPowerOfTwo(divisor) ? `(${a} & ${divisor - 1})` : `(${a} % ${divisor})`
}

const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n))

/** Number of an element in row-major order. */
export const linearise = (coordinates: readonly string[], shape: Shape): string => {
  let stride = 1
  let sum = '0'
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) sum = plus(times(coordinates[axis]!, stride), sum)
    stride *= shape[axis]!
  }
  return sum
}

/** Coordinates of the element with this number. */
export const delinearise = (flat: string, shape: Shape, declare: Declare): readonly string[] => {
  const coordinates = shape.map(() => '0')
  const first = shape.findIndex((size) => size > 1)
  let stride = 1
  for (let axis = shape.length - 1; axis >= first && axis >= 0; axis--) {
    const size = shape[axis]!
    if (size > 1) {
      const above = quotient(flat, stride)
      coordinates[axis] = name(axis === first ? above : remainder(above, size), declare)
    }
    stride *= size
  }
  return coordinates
}

const name = (expression: string, declare: Declare): string =>
  /^\w+$/.test(expression) ? expression : declare(expression)

/**
 * Position of the same element in a tensor of another shape. Axes that the two shapes have in common keep their
 * coordinates, so that a view of heads costs no division.
 */
export const reshapePosition = (at: Position, shape: Shape, declare: Declare): Position => {
  if (at.coordinates === undefined) return { shape, flat: at.flat }
  const [from, to] = [at.shape, shape]
  const result: string[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [firstFrom, firstTo] = [i, j]
    let [left, right] = [from[i++] ?? 1, to[j++] ?? 1]
    while (left !== right) {
      if (left < right) left *= from[i++]!
      else right *= to[j++]!
    }
    const [group, target] = [from.slice(firstFrom, i), to.slice(firstTo, j)]
    const number = linearise(at.coordinates.slice(firstFrom, i), group)
    const isSingle = target.filter((size) => size > 1).length <= 1
    result.push(
      ...(isSingle
        ? target.map((size) => (size > 1 ? name(number, declare) : '0'))
        : delinearise(name(number, declare), target, declare)),
    )
  }
  return { shape, flat: at.flat, coordinates: result }
}
