import type { Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'

type Values = readonly [string, string, string]

/**
 * Translates a norm to SimplifiedLayerNormalization, and stores its second result, the inverse, for {@link inverseRms}.
 */
export const rmsNorm = (node: Node<'rmsNorm'>, graph: GraphBuilder, [x, weight]: Values): string => {
  const [normal, inverse] = graph.emitAll(2, 'SimplifiedLayerNormalization', [x, weight], attributesOf(node))
  graph.remember(inverseKey(x, node), inverse!)
  return normal!
}

/** Returns the inverse that a norm of the same x has stored, or computes it with the same operator. */
export const inverseRms = (node: Node<'inverseRms'>, graph: GraphBuilder, [x]: Values): string =>
  graph.once(inverseKey(x, node), () => {
    const width = node.inputs[0]!.shape.at(-1)!
    const ones = graph.constant(new Float32Array(width).fill(1), [width])
    return graph.emitAll(2, 'SimplifiedLayerNormalization', [x, ones], attributesOf(node))[1]!
  })

const inverseKey = (x: string, { attributes: { epsilon } }: Node<'rmsNorm' | 'inverseRms'>) =>
  `inverse rms of ${x}, ${epsilon}`

const attributesOf = ({ attributes: { epsilon } }: Node<'rmsNorm' | 'inverseRms'>) => ({
  axis: -1,
  epsilon: { float: epsilon },
  stash_type: 1,
})
