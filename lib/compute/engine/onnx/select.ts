import { isOp, type Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'
import { operands } from './operands.js'

export const select = (node: Node<'select'>, graph: GraphBuilder): string => {
  const write = findWrite(node)
  if (write !== undefined) return writeSlice(write, graph)
  const [condition, a, b] = operands(node) as readonly [Node, Node, Node]
  return graph.emit('Where', [graph.truthOf(condition), graph.valueOf(a), graph.valueOf(b)])
}

/** One slice along an axis, at a position known at run time, takes the place of another. */
interface Write {
  readonly axis: number
  readonly position: Node
  readonly slice: Node
  readonly rest: Node
}

/**
 * Recognises select(position = [0, 1, 2, ...], slice, rest), which is how a token's keys and values enter a cache.
 *
 * Where goes through all of `rest` three times, in steps of the innermost axis; it took nine tenths of a decoding
 * step of 64 rows. A copy of `rest` and a scatter of the slice take a tenth of that.
 */
const findWrite = ({ inputs, shape }: Node<'select'>): Write | undefined => {
  const [condition, slice, rest] = inputs as readonly [Node, Node, Node]
  if (!isOp(condition, 'equal') || rest.shape.join() !== shape.join()) return undefined
  const [left, right] = condition.inputs as readonly [Node, Node]
  const [position, count] = isOp(right, 'constant') ? [left, right] : [right, left]
  const axis = countedAxis(count)
  const sameRank = [position, slice, count].every((node) => node.shape.length === shape.length)
  if (axis === undefined || !sameRank || position.shape[axis] !== 1 || slice.shape[axis] !== 1) return undefined
  return count.shape[axis] === shape[axis] ? { axis, position, slice, rest } : undefined
}

/** The axis along which a constant counts 0, 1, 2, ... while every other axis has size 1. */
const countedAxis = (node: Node): number | undefined => {
  if (!isOp(node, 'constant') || node.dtype !== 'int32') return undefined
  const { data } = node.attributes
  const axis = node.shape.findIndex((size) => size > 1)
  return node.shape[axis] === data.length && data.every((value, i) => value === i) ? axis : undefined
}

/** A position outside the axis writes nothing, as no comparison holds there: the slice at its edge is put back. */
const writeSlice = ({ axis, position, slice, rest }: Write, graph: GraphBuilder): string => {
  const [wanted, from] = [graph.valueOf(position), graph.valueOf(rest)]
  const int = (value: number) => graph.constant(Int32Array.of(value), [])
  const inside = graph.emit('Min', [graph.emit('Max', [wanted, int(0)]), int(rest.shape[axis]! - 1)])
  const index = graph.emit('Expand', [inside, graph.integers(rest.shape.with(axis, 1))])
  const before = graph.emit('GatherElements', [from, index], { axis })
  const after = graph.emit('Where', [graph.emit('Equal', [wanted, inside]), graph.valueOf(slice), before])
  return graph.emit('ScatterElements', [from, index, after], { axis })
}
