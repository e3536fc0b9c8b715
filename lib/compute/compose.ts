import * as build from './operation/index.js'
import type { Fused, Inputs } from './operation/operation.js'
import { fusedOperations } from './operation/operations.js'
import type { Node, Program } from './program/node.js'
import { program } from './program/program.js'
import { dependencies, topologicalOrder } from './program/traverse.js'

/** The same program with fused operations spelled out, but those that the engine `keeps`, having a kernel for them. */
export const compose = (whole: Program, keeps: (node: Node<Fused>) => boolean = () => false): Program => {
  const spelledOut = (node: Node): node is Node<Fused> => isFused(node) && !keeps(node)
  if (!topologicalOrder(whole).some(spelledOut)) return whole
  const known = new Map<Node, Node>()
  const roots = [...whole.outputs.values()]
  for (const node of dependencies(roots)) {
    const inputs = node.inputs.map((input) => known.get(input)!)
    const same = inputs.every((input, i) => input === node.inputs[i])
    known.set(node, spelledOut(node) ? composed(node, inputs) : same ? node : { ...node, inputs })
  }
  const outputs = [...whole.outputs].map(([name, node]) => [name, known.get(node)!])
  // What was spelled out may hold fused operations in its turn.
  return compose(program(whole.name, Object.fromEntries(outputs) as Record<string, Node>), keeps)
}

const isFused = (node: Node): node is Node<Fused> => node.op in fusedOperations

const composed = <K extends Fused>({ op, attributes }: Node<K>, inputs: readonly Node[]): Node =>
  fusedOperations[op].compose(build, inputs as unknown as Inputs<K>, attributes)
