import type { Node } from '../../program/node.js'
import { sizeOf } from '../../program/shape.js'
import type { GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

/** Rows up to which a product with one-hot ids is faster than going through the updates one by one. */
const FEW_ROWS = 256

/**
 * Adds rows by a product with one-hot ids, or one after the other.
 *
 * ScatterElements along axis 0 wants one index per element, so ids are repeated along the row.
 * ScatterND would take the ids as they are, but loses updates of equal ids when it runs on two threads.
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

/** 1 where a row of the result takes an update. @shape ids [count] -> [rows, count] */
const oneHotColumns = (graph: GraphBuilder, ids: string, count: number, rows: number): string => {
  const column = graph.constant(
    Int32Array.from({ length: rows }, (_, row) => row),
    [rows, 1],
  )
  const taken = graph.emit('Equal', [column, graph.reshape(ids, [1, count])])
  return graph.emit('Cast', [taken], { to: ElementType.float32 })
}
