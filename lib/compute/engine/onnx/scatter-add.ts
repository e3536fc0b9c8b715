import type { Node } from '../../program/node.js'
import { sizeOf } from '../../program/shape.js'
import type { GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

/** Largest number of rows for which a product with one-hot ids is faster than one update after another. */
const FEW_ROWS = 256

/**
 * Translates a sum of rows by their ids: a product with one-hot ids for few rows, and ScatterElements for many.
 *
 * ScatterElements along axis 0 needs one index per element, so the ids are repeated along the row. ScatterND would
 * accept the ids as they are, but on two threads it loses updates of equal ids.
 */
export const scatterAdd = (node: Node<'scatterAdd'>, graph: GraphBuilder): string => {
  const [ids, updates] = node.inputs.map(graph.valueOf) as [string, string]
  const [count, rows, width] = [sizeOf(node.inputs[0]!.shape), node.attributes.rows, sizeOf(node.shape.slice(1))]
  const flat = graph.reshape(updates, [count, width])
  const sums = () => {
    if (rows <= FEW_ROWS) return graph.emit('MatMul', [oneHotColumns(graph, ids, count, rows), flat])
    const zeros = graph.emit('Expand', [graph.constant(new Float32Array(1), [1]), graph.integers([rows, width])])
    const index = graph.emit('Expand', [graph.reshape(ids, [count, 1]), graph.integers([count, width])])
    return graph.emit('ScatterElements', [zeros, index, flat], { axis: 0, reduction: 'add' })
  }
  return graph.reshape(sums(), node.shape)
}

/** One-hot ids by column: 1 where an update belongs to a row. @shape ids [count] -> [rows, count] */
const oneHotColumns = (graph: GraphBuilder, ids: string, count: number, rows: number): string => {
  const column = graph.constant(
    Int32Array.from({ length: rows }, (_, row) => row),
    [rows, 1],
  )
  const isAtRow = graph.emit('Equal', [column, graph.reshape(ids, [1, count])])
  return graph.emit('Cast', [isAtRow], { to: ElementType.float32 })
}
