import { rotaryTables } from '../../operation/rope.js'
import type { Node } from '../../program/node.js'
import { CONTRIB, type GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

export const rope = (
  { shape, attributes }: Node<'rope'>,
  graph: GraphBuilder,
  [x, positions]: readonly [string, string, string],
): string => {
  const [B, , T, D] = shape as [number, number, number, number]
  const { cosine, sine } = rotaryTables(D, attributes)
  const table = (values: Float32Array) => graph.constant(values, [attributes.limit, D / 2])
  const everyRow = graph.emit('Expand', [positions, graph.integers([B, T])])
  return graph.emit(
    'RotaryEmbedding',
    [x, graph.emit('Cast', [everyRow], { to: ElementType.int64 }), table(cosine), table(sine)],
    {},
    CONTRIB,
  )
}
