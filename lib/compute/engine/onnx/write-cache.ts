import { isOp, type Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'

/**
 * A copy of the cache and a scatter of the entry into it. A position outside writes nothing, as no place equals it: the
 * entry at the edge is put back.
 */
export const writeCache = (
  { shape }: Node<'writeCache'>,
  graph: GraphBuilder,
  [cache, entry, positions]: readonly [string, string, string],
): string => {
  const [B, , L] = shape as [number, number, number, number]
  const int = (value: number) => graph.constant(Int32Array.of(value), [])
  const wanted = graph.reshape(positions, [B, 1, 1, 1])
  const inside = graph.emit('Min', [graph.emit('Max', [wanted, int(0)]), int(L - 1)])
  const index = graph.emit('Expand', [inside, graph.integers(shape.with(2, 1))])
  const before = graph.emit('GatherElements', [cache, index], { axis: 2 })
  const after = graph.emit('Where', [graph.emit('Equal', [wanted, inside]), entry, before])
  return graph.emit('ScatterElements', [cache, index, after], { axis: 2 })
}

/** A write outside the graph: ONNX Runtime's binding copies whatever a graph returns, and a cache is large. */
export interface Write {
  /** Names of the inputs. */
  readonly cache: string
  readonly positions: string
  /** What the graph returns in place of the cache. */
  readonly entry: Node
}

/** How the result of a program is written into its own input, where it is that. */
export const writeOf = (node: Node): Write | undefined => {
  if (!isOp(node, 'writeCache')) return undefined
  const [cache, entry, positions] = node.inputs as readonly [Node, Node, Node]
  return isOp(cache, 'input') && isOp(positions, 'input')
    ? { cache: cache.attributes.name, positions: positions.attributes.name, entry }
    : undefined
}

/** [B, K, L, D] */
export type CacheShape = readonly [number, number, number, number]

/** @shape cache [B, K, L, D], entry [B, K, 1, D], positions [B] */
export const writeEntry = (
  cache: Float32Array,
  [B, K, L, D]: CacheShape,
  entry: Float32Array,
  positions: ArrayLike<number>,
): void => {
  for (let row = 0; row < B * K; row++) {
    const position = positions[Math.floor(row / K)]!
    if (position < 0 || position >= L) continue
    const [to, from] = [(row * L + position) * D, row * D]
    for (let i = 0; i < D; i++) cache[to + i] = entry[from + i]!
  }
}
