import { type Elements, isOp, type Node, type Program } from '../../program/node.js'
import { topologicalOrder } from '../../program/traverse.js'

/**
 * How many rows the inputs that serve as ids may choose from: WebGPU goes on with any row where there is none, and ids
 * cannot be read in the midst of its run, so they are looked at on their way in.
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

/** The first id that chooses no row. */
export const idOutside = (ids: Elements, rows: number): number | undefined => ids.find((id) => id < 0 || id >= rows)
