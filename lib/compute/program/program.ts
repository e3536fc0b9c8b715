import { shareCommon } from './share-common.js'
import { isOp, type Node, type Program } from './node.js'
import { dependencies } from './traverse.js'
import { PipelineError } from '../../pipeline-error.js'

/**
 * Makes a program from its outputs. It contains the nodes that the outputs need. Nodes with the same operation and
 * inputs are merged, so that each value is computed once.
 *
 * @errors throws PipelineError BrokenInvariant if two inputs share a name
 * @example
 * const x = input('x', [3])
 * program('double', { y: add(x, x) })
 */
export const program = (name: string, outputs: Readonly<Record<string, Node>>): Program => {
  const shared = shareCommon(Object.values(outputs))
  const inputs = new Map<string, Node<'input'>>()
  for (const node of dependencies(shared)) {
    if (!isOp(node, 'input')) continue
    const known = inputs.get(node.attributes.name)
    if (known !== undefined)
      throw new PipelineError('BrokenInvariant', `program ${name}: two inputs are named ${node.attributes.name}`)
    inputs.set(node.attributes.name, node)
  }
  return { name, inputs, outputs: new Map(Object.keys(outputs).map((key, i) => [key, shared[i]!])) }
}
