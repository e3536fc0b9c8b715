import { compose } from '#lib/compute/compose.js'
import type { Elementary } from '#lib/compute/operation/operation.js'
import { dtypeOfElements } from '#lib/compute/program/elements.js'
import { type HostTensor, isOp, type Node, type Program } from '#lib/compute/program/node.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { kernels } from './kernels.js'
import { type ReferenceTensor, sizeOf } from './tensor.js'

/** Arrays of a feed; doubles if a spec needs differences finer than float32. */
export type ReferenceFeed = Readonly<Record<string, HostTensor | ReferenceTensor>>

/**
 * Runs a program in double precision, with plain loops and without fused operations. It is the reference for every
 * engine.
 */
export const interpret = (whole: Program, feed: ReferenceFeed): Record<string, ReferenceTensor> => {
  const program = compose(whole)
  const known = new Map<Node, ReferenceTensor>()
  for (const node of topologicalOrder(program)) {
    const inputs = node.inputs.map((input) => known.get(input)!)
    known.set(node, isOp(node, 'input') ? fed(node, feed) : run(node as Node<Inner>, inputs))
  }
  return Object.fromEntries([...program.outputs].map(([name, node]) => [name, known.get(node)!]))
}

type Inner = Elementary | 'constant'

const run = <K extends Inner>(node: Node<K>, inputs: readonly ReferenceTensor[]): ReferenceTensor => ({
  shape: node.shape,
  data: kernels[node.op](node, ...inputs),
})

const fed = (node: Node<'input'>, feed: ReferenceFeed): ReferenceTensor => {
  const { name } = node.attributes
  const tensor = feed[name]
  if (tensor === undefined || tensor.shape.join() !== node.shape.join() || tensor.data.length !== sizeOf(node.shape))
    throw new RangeError(
      `input ${name}: expected shape [${node.shape.join(', ')}], fed ${String(tensor?.shape.join())}`,
    )
  const { data } = tensor
  if ((data instanceof Float64Array ? 'float32' : dtypeOfElements(data)) !== node.dtype)
    throw new RangeError(`input ${name}: expected ${node.dtype}`)
  return { shape: node.shape, data: node.dtype === 'float32' ? Float64Array.from(data) : Int32Array.from(data) }
}
