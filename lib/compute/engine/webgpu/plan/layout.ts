import { type TensorType, sizeOf } from '../../../program/shape.js'
import type { Node } from '../../../program/node.js'
import { align } from './arena.js'
import { isNarrow } from './narrow-inputs.js'

/** Tensors that lie one behind the other in one buffer. */
export interface Layout {
  readonly bytes: number
  readonly members: readonly Member[]
}

/** Tensor in a layout. */
interface Member {
  readonly name: string
  /** Place of the first byte, from the start of the layout. */
  readonly offset: number
  readonly bytes: number
}

/** Bytes of a value in GPU memory, as {@link bytesOf}. An input may be in a format of 16 bits. */
export const bytesInMemory = (node: Node): number =>
  isNarrow(node) ? Math.ceil(sizeOf(node.shape) / 2) * 4 : bytesOf(node)

/** Bytes of a tensor in GPU memory, a whole number of words. */
export const bytesOf = ({ shape, dtype }: TensorType): number =>
  dtype === 'int8' ? Math.ceil(sizeOf(shape) / 4) * 4 : sizeOf(shape) * 4

/**
 * Lays tensors out. Tensors whose names begin alike lie together, matrices first and tensors that leave a gap before the next
 * one last. Every program uses this order, so that the gradients of one program lie as the optimiser of another reads them.
 */
export const layoutOf = (tensors: readonly (readonly [string, TensorType])[]): Layout => {
  const keys = new Map(tensors.map(([name, type], i) => [name, keyOf(name, type, i)]))
  const ordered = [...tensors].sort(([a], [b]) => compare(keys.get(a)!, keys.get(b)!))
  let end = 0
  const members = ordered.map(([name, type]) => {
    const offset = end
    const bytes = bytesOf(type)
    end += align(bytes)
    return { name, offset, bytes }
  })
  return { bytes: end, members }
}

type Key = readonly [string, ...number[]]

const keyOf = (name: string, type: TensorType, index: number): Key => {
  const bytes = bytesOf(type)
  const hasGap = align(bytes) !== bytes
  return [name.split('.', 1)[0]!, type.shape.length > 1 ? 0 : 1, hasGap ? bytes : 0, index]
}

const compare = (a: Key, b: Key): number => {
  const i = a.findIndex((part, at) => part !== b[at])
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1
}
