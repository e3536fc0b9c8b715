import * as build from './operation/index.js'
import type { Fused, Inputs } from './operation/operation.js'
import { fusedOperations } from './operation/operations.js'
import { mapNodes } from './program/map-nodes.js'
import type { Node, Program } from './program/node.js'
import { topologicalOrder } from './program/traverse.js'

/**
 * Replaces fused operations by the elementary operations that they consist of. Operations for which `hasKernel` returns
 * true stay as they are, because the engine runs them itself.
 */
export const compose = (whole: Program, hasKernel: (node: Node<Fused>) => boolean = () => false): Program => {
  const isReplaced = (node: Node): node is Node<Fused> => isFused(node) && !hasKernel(node)
  if (!topologicalOrder(whole).some(isReplaced)) return whole
  // The replacement of an operation may contain other fused operations.
  return compose(
    mapNodes(whole, (node) => (isReplaced(node) ? composeNode(node) : node)),
    hasKernel,
  )
}

const isFused = (node: Node): node is Node<Fused> => node.op in fusedOperations

const composeNode = <K extends Fused>({ op, inputs, attributes }: Node<K>): Node =>
  fusedOperations[op].compose(build, inputs as unknown as Inputs<K>, attributes)
