import { add, constant, matmul, mul, reshape, scalar, softmax, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'

/** Added to the scores of positions that must not be seen; finite, so that no row becomes NaN. */
const HIDDEN = -1e9

/**
 * Grouped-query attention: query head h reads key and value head floor(h / (H / K)).
 *
 * @shape q [B, H, T, D], k and v [B, K, L, D], bias broadcastable to [B, K, H / K, T, L] -> [B, H, T, D]
 */
export const attention = (q: Node, k: Node, v: Node, bias: Node): Node => {
  const [B, H, T, D] = q.shape as [number, number, number, number]
  const [, K, L] = k.shape as [number, number, number, number]
  // Query heads of a group lie next to each other: their rows join into one product per key head.
  const grouped = reshape(mul(q, scalar(1 / Math.sqrt(D))), [B, K, (H / K) * T, D])
  const scores = reshape(matmul(grouped, transpose(k, [0, 1, 3, 2])), [B, K, H / K, T, L])
  const weights = reshape(softmax(add(scores, bias)), [B, K, (H / K) * T, L])
  return reshape(matmul(weights, v), [B, H, T, D])
}

/** Row t sees positions 0..t. @shape [T, T] */
export const causalBias = (length: number): Node =>
  constant(
    Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? HIDDEN : 0)),
    [length, length],
  )
