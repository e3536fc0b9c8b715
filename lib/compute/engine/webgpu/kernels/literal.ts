import { isOp, type Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'

/** Smallest normal float32. A smaller number may be flushed to zero where it is written as text. */
const NORMAL = 2 ** -126

/** Returns a number as WGSL text; null if WGSL has no literal for it. */
const textOf = (value: number): string | null => {
  if (!Number.isFinite(value) || (value !== 0 && Math.abs(value) < NORMAL) || Object.is(value, -0)) return null
  return value < 0 ? `(-${-value}f)` : `${value}f`
}

/**
 * Returns a function that writes an element of a constant as code, from its coordinates; null for a constant that needs a
 * buffer. Single numbers and the numbers 0, 1, 2, ... along one axis need none.
 */
export const literalOf = (node: Node): ((coordinates: () => readonly string[]) => string) | null => {
  if (!isOp(node, 'constant')) return null
  const { data } = node.attributes
  if (sizeOf(node.shape) === 1) {
    const value = data[0]!
    if (node.dtype !== 'float32') return value === -(2 ** 31) ? null : () => `${value < 0 ? `(${value})` : value}`
    const text = textOf(value)
    return text === null ? null : () => text
  }
  const axis = node.shape.findIndex((size) => size > 1)
  const isCount = sizeOf(node.shape) === node.shape[axis] && data.every((value, i) => value === data[0]! + i)
  if (!isCount || !Number.isInteger(data[0]!) || node.dtype === 'int8') return null
  const [first, wrap] = [data[0]!, node.dtype === 'float32' ? 'f32' : 'i32']
  return (coordinates) => `${wrap}(${coordinates()[axis]!} + ${first})`
}
