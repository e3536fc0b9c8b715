import type { Node, Program } from './node.js'

/**
 * Returns the roots and every node that they depend on, each once, in an order in which inputs come first. It uses no
 * recursion, because graphs are thousands of nodes deep.
 */
export const dependencies = (roots: Iterable<Node>): readonly Node[] => {
  const done = new Set<Node>()
  const stack = [...roots].reverse()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (done.has(node)) continue
    const waiting = node.inputs.filter((input) => !done.has(input))
    if (waiting.length === 0) done.add(node)
    else stack.push(node, ...waiting.reverse())
  }
  return [...done]
}

/** Returns the nodes of a program in an order in which they can run. */
export const topologicalOrder = (program: Program): readonly Node[] => dependencies(program.outputs.values())
