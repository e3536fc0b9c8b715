import type { Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'
import { operands } from './operands.js'

/** Translates a selection to Where, which needs its condition as a bool. */
export const select = (node: Node<'select'>, graph: GraphBuilder): string => {
  const [condition, a, b] = operands(node) as readonly [Node, Node, Node]
  return graph.emit('Where', [graph.truthOf(condition), graph.valueOf(a), graph.valueOf(b)])
}
