import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { after } from './after.js'
import { checkFloat } from './check.js'
import { HIDDEN } from './hidden.js'
import { iota } from './leaf.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

/** Queries that meet their keys in one go, unless told otherwise. */
const QUERIES = 256

export const causalAttentionOperation: FusedOperation<'causalAttention'> = {
  infer: ([q, k, v, lengths]) => {
    checkFloat('causalAttention', q, k, v)
    const [B, H, T, D] = q.shape
    const [rows, K, length, width] = k.shape
    const fits =
      q.shape.length === 4 &&
      k.shape.length === 4 &&
      sameShape(k.shape, v.shape) &&
      rows === B &&
      (lengths === undefined ? length === T : length! > T! && lengths.dtype === 'int32') &&
      sameShape(lengths?.shape ?? [B!], [B!]) &&
      width === D &&
      H! % K! === 0
    if (!fits)
      throw new ShapeError(
        'causalAttention',
        lengths === undefined ? [q, k, v] : [q, k, v, lengths],
        lengths === undefined
          ? 'q [B, H, T, D], k and v [B, K, T, D], K a divisor of H'
          : 'q [B, H, T, D], k and v [B, K, P + T, D], K a divisor of H, P at least 1, and lengths [B] in int32',
      )
    return { shape: q.shape, dtype: 'float32' }
  },
  compose: (build, [q, k, v, lengths], { block: size }) =>
    build.concat(
      blocksOf(q, size).map((block) => {
        const { weights, values } = seen(build, block, q, k, v, lengths)
        return ungrouped(build, build.matmul(weights, values), q, block)
      }),
      2,
    ),
  derivative: (build, gradient, [q, k, v, lengths], { shape, attributes }) => {
    const { add, broadcast, matmul, mul, scalar, sub, sum } = build
    const g = broadcast(gradient, shape)
    const blocks = blocksOf(q, attributes.block)
    // A single block is small, and kept from the forward pass.
    const again = blocks.length === 1 ? q : after(build, q, g)
    const scale = scalar(1 / Math.sqrt(q.shape[3]!))
    const parts = blocks.map((block) => {
      const { queries, keys, values, weights } = seen(build, block, again, k, v, lengths)
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
      ...(lengths === undefined ? [] : [null]),
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
const seen = (build: Builders, { start, rows }: Block, q: Node, k: Node, v: Node, lengths: Node | undefined) => {
  const { add, matmul, mul, reshape, scalar, slice, softmax } = build
  const [B, K, length, D] = k.shape as [number, number, number, number]
  const prefix = length - q.shape[2]!
  const end = prefix + start + rows
  const upTo = (x: Node) => slice(x, [0, 0, 0, 0], x.shape.with(2, end))
  const [keys, values] = [upTo(k), upTo(v)]
  const queries = mul(grouped(build, q, { start, rows }, k), scalar(1 / Math.sqrt(D)))
  const group = queries.shape[2]! / rows
  const scores = reshape(matmul(queries, turned(build, keys)), [B, K, group, rows, end])
  const causal = causalBias(build, rows, end)
  const bias = lengths === undefined ? causal : add(causal, prefixBias(build, lengths, prefix, end))
  const weights = reshape(softmax(add(scores, bias)), [B, K, group * rows, end])
  return { queries, keys, values, weights }
}

/** The last of these rows sees all places, each before it one less. @shape [rows, end] */
const causalBias = ({ constant }: Builders, rows: number, end: number): Node => {
  const hidden = (i: number) => (i % end) - Math.floor(i / end) > end - rows
  return constant(
    Float32Array.from({ length: rows * end }, (_, i) => (hidden(i) ? HIDDEN : 0)),
    [rows, end],
  )
}

/** Of the prefix, each row of the batch sees as much as is its own. @shape [B, 1, 1, 1, end] */
const prefixBias = (build: Builders, lengths: Node, prefix: number, end: number): Node => {
  const { less, pad, reshape, scalar, select } = build
  const none = [0, 0, 0, 0]
  const own = less(iota([1, 1, 1, 1, prefix]), reshape(lengths, [lengths.shape[0]!, 1, 1, 1, 1]))
  return pad(select(own, scalar(0), scalar(HIDDEN)), [...none, 0], [...none, end - prefix])
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
 * Given `lengths`, keys and values begin with a prefix of P places that has no queries here, of which every position of
 * row b sees the first lengths[b].
 *
 * Queries meet their keys in blocks. What a block sees ends with it, so long sequences cost half of T x T; and where there
 * are several, their weights are worked out again on the way back, so that no more than a block's are ever held.
 *
 * @shape q [B, H, T, D], k and v [B, K, T, D] -> [B, H, T, D]; with lengths [B] (int32), k and v [B, K, P + T, D]
 */
export const causalAttention: Builders['causalAttention'] = (q, k, v, { lengths, block = QUERIES } = {}) =>
  apply('causalAttention', causalAttentionOperation, lengths === undefined ? [q, k, v] : [q, k, v, lengths], { block })
