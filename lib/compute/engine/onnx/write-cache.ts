import { isOp, type Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'

/**
 * Translates a cache write to a copy of the cache with the entry scattered into it. For a position outside the cache,
 * the entry at the edge is written back unchanged.
 */
export const writeCache = (
  { shape }: Node<'writeCache'>,
  graph: GraphBuilder,
  [cache, entry, positions]: readonly [string, string, string],
): string => {
  const [B, , L] = shape as [number, number, number, number]
  const int = (value: number) => graph.constant(Int32Array.of(value), [])
  const position = graph.reshape(positions, [B, 1, 1, 1])
  const inside = graph.emit('Min', [graph.emit('Max', [position, int(0)]), int(L - 1)])
  const index = graph.emit('Expand', [inside, graph.integers(shape.with(2, 1))])
  const before = graph.emit('GatherElements', [cache, index], { axis: 2 })
  const after = graph.emit('Where', [graph.emit('Equal', [position, inside]), entry, before])
  return graph.emit('ScatterElements', [cache, index, after], { axis: 2 })
}

/**
 * Cache write that is done outside the graph. The binding of ONNX Runtime copies every output of a graph, and a cache
 * is large, so the graph returns only the entry.
 */
export interface Write {
  /** Name of the input that is the cache. */
  readonly cache: string
  /** Name of the input that holds the positions. */
  readonly positions: string
  /** Node that the graph returns instead of the cache. */
  readonly entry: Node
}

/** Returns the write of an output that is an input cache with a new entry; undefined for any other output. */
export const writeOf = (node: Node): Write | undefined => {
  if (!isOp(node, 'writeCache')) return undefined
  const [cache, entry, positions] = node.inputs as readonly [Node, Node, Node]
  return isOp(cache, 'input') && isOp(positions, 'input')
    ? { cache: cache.attributes.name, positions: positions.attributes.name, entry }
    : undefined
}

/** Shape [B, K, L, D] of a cache. */
export type CacheShape = readonly [number, number, number, number]

/** Writes an entry into a cache in place. @shape cache [B, K, L, D], entry [B, K, 1, D], positions [B] */
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
