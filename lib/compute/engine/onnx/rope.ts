import { rotaryTables } from '../../operation/rope.js'
import type { Node } from '../../program/node.js'
import { CONTRIB, type GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

/**
 * Translates a rotation to RotaryEmbedding. All layers share the tables and the positions, which are made once per
 * graph.
 */
export const rope = (
  { shape, attributes }: Node<'rope'>,
  graph: GraphBuilder,
  [x, positions]: readonly [string, string, string],
): string => {
  const [B, , T, D] = shape as [number, number, number, number]
  const table = (name: 'cosine' | 'sine') =>
    graph.once(`${name} ${JSON.stringify(attributes)}`, () =>
      graph.constant(rotaryTables(attributes)[name], [attributes.limit, D / 2]),
    )
  const places = graph.once(`${positions} as ${B}x${T} of int64`, () =>
    graph.emit('Cast', [graph.emit('Expand', [positions, graph.integers([B, T])])], { to: ElementType.int64 }),
  )
  return graph.emit('RotaryEmbedding', [x, places, table('cosine'), table('sine')], {}, CONTRIB)
}
