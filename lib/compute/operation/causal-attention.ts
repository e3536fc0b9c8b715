import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { after } from './after.js'
import { checkFloat } from './check.js'
import { HIDDEN } from './hidden.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

/** Queries that meet their keys in one go, unless told otherwise. */
const QUERIES = 256

export const causalAttentionOperation: FusedOperation<'causalAttention'> = {
  infer: ([q, k, v]) => {
    checkFloat('causalAttention', q, k, v)
    const [B, H, T, D] = q.shape
    const [rows, K, length, width] = k.shape
    const fits =
      q.shape.length === 4 &&
      k.shape.length === 4 &&
      sameShape(k.shape, v.shape) &&
      rows === B &&
      length === T &&
      width === D &&
      H! % K! === 0
    if (!fits)
      throw new ShapeError('causalAttention', [q, k, v], 'q [B, H, T, D], k and v [B, K, T, D], K a divisor of H')
    return { shape: q.shape, dtype: 'float32' }
  },
  compose: (build, [q, k, v], { block: size }) =>
    build.concat(
      blocksOf(q, size).map((block) => {
        const { weights, values } = seen(build, block, q, k, v)
        return ungrouped(build, build.matmul(weights, values), q, block)
      }),
      2,
    ),
  derivative: (build, gradient, [q, k, v], { shape, attributes }) => {
    const { add, broadcast, matmul, mul, scalar, sub, sum } = build
    const g = broadcast(gradient, shape)
    const blocks = blocksOf(q, attributes.block)
    // A single block is small, and kept from the forward pass.
    const again = blocks.length === 1 ? q : after(build, q, g)
    const scale = scalar(1 / Math.sqrt(q.shape[3]!))
    const parts = blocks.map((block) => {
      const { queries, keys, values, weights } = seen(build, block, again, k, v)
      const out = grouped(build, g, block, k)
      const ofWeights = matmul(out, turned(build, values))
      const ofScores = mul(weights, sub(ofWeights, sum(mul(ofWeights, weights), [-1], true)))
      return {
        q: ungrouped(build, mul(matmul(ofScores, keys), scale), q, block),
        k: padded(build, matmul(turned(build, ofScores), queries), k),
        v: padded(build, matmul(turned(build, weights), out), v),
      }
    })
    return [
      build.concat(
        parts.map((part) => part.q),
        2,
      ),
      parts.map((part) => part.k).reduce(add),
      parts.map((part) => part.v).reduce(add),
    ]
  },
}

interface Block {
  readonly start: number
  readonly rows: number
}

const blocksOf = ({ shape: [, , length] }: Node, size: number): readonly Block[] =>
  Array.from({ length: Math.ceil(length! / size) }, (_, i) => ({
    start: i * size,
    rows: Math.min(size, length! - i * size),
  }))

/** A block's queries, already scaled, the keys and values they see, and how much of each. */
const seen = (build: Builders, block: Block, q: Node, k: Node, v: Node) => {
  const { add, matmul, mul, reshape, scalar, slice, softmax } = build
  const [B, K, , D] = k.shape as [number, number, number, number]
  const end = block.start + block.rows
  const upTo = (x: Node) => slice(x, [0, 0, 0, 0], x.shape.with(2, end))
  const [keys, values] = [upTo(k), upTo(v)]
  const queries = mul(grouped(build, q, block, k), scalar(1 / Math.sqrt(D)))
  const group = queries.shape[2]! / block.rows
  const scores = reshape(matmul(queries, turned(build, keys)), [B, K, group, block.rows, end])
  const weights = reshape(softmax(add(scores, causalBias(build, block))), [B, K, group * block.rows, end])
  return { queries, keys, values, weights }
}

/** Row t of a block sees positions 0 to start + t. @shape [rows, start + rows] */
const causalBias = ({ constant }: Builders, { start, rows }: Block): Node => {
  const end = start + rows
  const hidden = (i: number) => i % end > start + Math.floor(i / end)
  return constant(
    Float32Array.from({ length: rows * end }, (_, i) => (hidden(i) ? HIDDEN : 0)),
    [rows, end],
  )
}

/** Query heads of a group lie next to each other: the rows of a block join into one product per key head. */
const grouped = ({ reshape, slice }: Builders, x: Node, { start, rows }: Block, k: Node): Node => {
  const [B, H, , D] = x.shape as [number, number, number, number]
  const K = k.shape[1]!
  return reshape(slice(x, [0, 0, start, 0], [B, H, rows, D]), [B, K, (H / K) * rows, D])
}

const ungrouped = ({ reshape }: Builders, x: Node, q: Node, { rows }: Block): Node => reshape(x, q.shape.with(2, rows))

const turned = ({ transpose }: Builders, x: Node): Node => transpose(x, [0, 1, 3, 2])

/** What a block says of the positions it sees, zero for those behind. */
const padded = ({ pad }: Builders, x: Node, whole: Node): Node =>
  pad(x, [0, 0, 0, 0], [0, 0, whole.shape[2]! - x.shape[2]!, 0])

/**
 * Grouped-query attention in which position t sees positions 0 to t: query head h reads key and value head
 * floor(h / (H / K)).
 *
 * Queries meet their keys in blocks. What a block sees ends with it, so long sequences cost half of T x T; and where there
 * are several, their weights are worked out again on the way back, so that no more than a block's are ever held.
 *
 * @shape q [B, H, T, D], k and v [B, K, T, D] -> [B, H, T, D]
 */
export const causalAttention: Builders['causalAttention'] = (q, k, v, block = QUERIES) =>
  apply('causalAttention', causalAttentionOperation, [q, k, v], { block })
