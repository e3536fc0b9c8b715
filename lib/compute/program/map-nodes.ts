import type { Node, Program } from './node.js'
import { program } from './program.js'
import { topologicalOrder } from './traverse.js'

/** Replaces every node of a program. `replace` receives each node after the inputs of the node have been replaced. */
export const mapNodes = (whole: Program, replace: (node: Node) => Node): Program => {
  const known = new Map<Node, Node>()
  for (const node of topologicalOrder(whole)) {
    const inputs = node.inputs.map((input) => known.get(input)!)
    const same = inputs.every((input, i) => input === node.inputs[i])
    known.set(node, replace(same ? node : { ...node, inputs }))
  }
  return program(whole.name, Object.fromEntries([...whole.outputs].map(([name, node]) => [name, known.get(node)!])))
}
