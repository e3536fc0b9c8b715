import * as build from './operation/index.js'
import type { Fused, Inputs } from './operation/operation.js'
import { fusedOperations } from './operation/operations.js'
import { mapNodes } from './program/map-nodes.js'
import type { Node, Program } from './program/node.js'
import { topologicalOrder } from './program/traverse.js'

/** The same program with fused operations spelled out, but those that the engine `keeps`, having a kernel for them. */
export const compose = (whole: Program, keeps: (node: Node<Fused>) => boolean = () => false): Program => {
  const spelledOut = (node: Node): node is Node<Fused> => isFused(node) && !keeps(node)
  if (!topologicalOrder(whole).some(spelledOut)) return whole
  // What was spelled out may hold fused operations in its turn.
  return compose(
    mapNodes(whole, (node) => (spelledOut(node) ? composed(node) : node)),
    keeps,
  )
}

const isFused = (node: Node): node is Node<Fused> => node.op in fusedOperations

const composed = <K extends Fused>({ op, inputs, attributes }: Node<K>): Node =>
  fusedOperations[op].compose(build, inputs as unknown as Inputs<K>, attributes)
