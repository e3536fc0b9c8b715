import type { Node } from '../../program/node.js'
import { sizeOf } from '../../program/shape.js'
import type { GraphBuilder } from './graph.js'

/**
 * ScatterElements along axis 0 wants one index per element, so ids are repeated along the row.
 * ScatterND would take the ids as they are, but loses updates of equal ids when it runs on two threads.
 */
export const scatterAdd = (node: Node<'scatterAdd'>, graph: GraphBuilder): string => {
  const [ids, updates] = node.inputs.map(graph.valueOf) as [string, string]
  const [count, rows, width] = [sizeOf(node.inputs[0]!.shape), node.attributes.rows, sizeOf(node.shape.slice(1))]
  const zeros = graph.emit('Expand', [graph.constant(new Float32Array(1), [1]), graph.integers([rows, width])])
  const index = graph.emit('Expand', [graph.reshape(ids, [count, 1]), graph.integers([count, width])])
  const sums = graph.emit('ScatterElements', [zeros, index, graph.reshape(updates, [count, width])], {
    axis: 0,
    reduction: 'add',
  })
  return graph.reshape(sums, node.shape)
}
