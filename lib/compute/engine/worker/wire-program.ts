import { isOp, type Node, type Program } from '../../program/node.js'
import { topologicalOrder } from '../../program/traverse.js'

type WireNode = Omit<Node, 'inputs'> & { readonly inputs: readonly number[] }

/**
 * Program as a flat list. A program is thousands of nodes deep, and structured cloning follows references by recursion,
 * which would exhaust the stack.
 */
export interface WireProgram {
  readonly name: string
  /** Nodes in an order in which inputs come first. A node names its inputs by their position in this list. */
  readonly nodes: readonly WireNode[]
  readonly outputs: readonly (readonly [name: string, node: number])[]
}

/** Converts a program to a flat list. */
export const toWire = (program: Program): WireProgram => {
  const order = topologicalOrder(program)
  const positions = new Map(order.map((node, position) => [node, position]))
  const positionOf = (node: Node) => positions.get(node)!
  return {
    name: program.name,
    nodes: order.map((node) => ({ ...node, inputs: node.inputs.map(positionOf) })),
    outputs: [...program.outputs].map(([name, node]) => [name, positionOf(node)]),
  }
}

/** Restores a program from a flat list. */
export const fromWire = (wire: WireProgram): Program => {
  const nodes: Node[] = []
  const inputs = new Map<string, Node<'input'>>()
  for (const { inputs: positions, ...rest } of wire.nodes) {
    const node: Node = { ...rest, inputs: positions.map((position) => nodes[position]!) }
    nodes.push(node)
    if (isOp(node, 'input')) inputs.set(node.attributes.name, node)
  }
  return { name: wire.name, inputs, outputs: new Map(wire.outputs.map(([name, position]) => [name, nodes[position]!])) }
}
