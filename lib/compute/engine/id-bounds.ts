import { type Elements, isOp, type Node, type Program } from '../program/node.js'
import { topologicalOrder } from '../program/traverse.js'

/**
 * Returns for each input that serves as ids the number of rows of its smallest table. Ids are checked when they are
 * fed, because WebGPU reads any memory for an id outside the table and its tensors cannot be read during a run.
 */
export const idBounds = (program: Program): ReadonlyMap<Node, number> => {
  const bounds = new Map<Node, number>()
  const bound = (ids: Node, rows: number): void => {
    if (isOp(ids, 'reshape')) bound(ids.inputs[0]!, rows)
    if (isOp(ids, 'input')) bounds.set(ids, Math.min(rows, bounds.get(ids) ?? rows))
  }
  for (const node of topologicalOrder(program)) {
    if (isOp(node, 'gather')) bound(node.inputs[1]!, node.inputs[0]!.shape[0]!)
    if (isOp(node, 'scatterAdd')) bound(node.inputs[0]!, node.attributes.rows)
    if (isOp(node, 'rope')) bound(node.inputs[1]!, node.attributes.limit)
  }
  return bounds
}

/** Returns the first id that is outside a table of so many rows; undefined if there is none. */
export const idOutside = (ids: Elements, rows: number): number | undefined => ids.find((id) => id < 0 || id >= rows)
