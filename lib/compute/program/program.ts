import { shareCommon } from './share-common.js'
import { isOp, type Node, type Program } from './node.js'
import { dependencies } from './traverse.js'
import { PipelineError } from '../../pipeline-error.js'

/**
 * What an engine runs: the nodes the outputs need, each of them once. Nodes that compute the same from the same
 * become one; what no output needs is never reached.
 *
 * @errors PipelineError BrokenInvariant, where two inputs share a name
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
