import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { after } from './after.js'
import { checkFloat } from './check.js'
import { HIDDEN } from './hidden.js'
import { iota } from './leaf.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

/** Default number of queries in one product. */
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
        const { weights, values } = attend(build, block, q, k, v, lengths)
        return splitGroups(build, build.matmul(weights, values), q, block)
      }),
      2,
    ),
  derivative: (build, gradient, [q, k, v, lengths], { shape, attributes }) => {
    const { add, broadcast, matmul, mul, scalar, sub, sum } = build
    const g = broadcast(gradient, shape)
    const blocks = blocksOf(q, attributes.block)
    // A single block is small, so its weights are kept from the forward pass.
    const again = blocks.length === 1 ? q : after(build, q, g)
    const scale = scalar(1 / Math.sqrt(q.shape[3]!))
    const parts = blocks.map((block) => {
      const { queries, keys, values, weights } = attend(build, block, again, k, v, lengths)
      const out = joinGroups(build, g, block, k)
      const weightsGradient = matmul(out, transposeLast(build, values))
      const scoresGradient = mul(weights, sub(weightsGradient, sum(mul(weightsGradient, weights), [-1], true)))
      return {
        q: splitGroups(build, mul(matmul(scoresGradient, keys), scale), q, block),
        k: padToLength(build, matmul(transposeLast(build, scoresGradient), queries), k),
        v: padToLength(build, matmul(transposeLast(build, weights), out), v),
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

/** Returns the scaled queries of a block, the keys and values that they attend to, and the attention weights. */
const attend = (build: Builders, { start, rows }: Block, q: Node, k: Node, v: Node, lengths: Node | undefined) => {
  const { add, matmul, mul, reshape, scalar, slice, softmax } = build
  const [B, K, length, D] = k.shape as [number, number, number, number]
  const prefix = length - q.shape[2]!
  const end = prefix + start + rows
  const upTo = (x: Node) => slice(x, [0, 0, 0, 0], x.shape.with(2, end))
  const [keys, values] = [upTo(k), upTo(v)]
  const queries = mul(joinGroups(build, q, { start, rows }, k), scalar(1 / Math.sqrt(D)))
  const group = queries.shape[2]! / rows
  const scores = reshape(matmul(queries, transposeLast(build, keys)), [B, K, group, rows, end])
  const causal = causalBias(build, rows, end)
  const bias = lengths === undefined ? causal : add(causal, prefixBias(build, lengths, prefix, end))
  const weights = reshape(softmax(add(scores, bias)), [B, K, group * rows, end])
  return { queries, keys, values, weights }
}

/**
 * Mask that is added to scores: the last row attends to all positions, and each row before it to one less.
 *
 * @shape [rows, end]
 */
const causalBias = ({ constant }: Builders, rows: number, end: number): Node => {
  const hidden = (i: number) => (i % end) - Math.floor(i / end) > end - rows
  return constant(
    Float32Array.from({ length: rows * end }, (_, i) => (hidden(i) ? HIDDEN : 0)),
    [rows, end],
  )
}

/**
 * Mask that is added to scores: row b of the batch attends to the first lengths[b] positions of the prefix.
 *
 * @shape [B, 1, 1, 1, end]
 */
const prefixBias = (build: Builders, lengths: Node, prefix: number, end: number): Node => {
  const { less, pad, reshape, scalar, select } = build
  const none = [0, 0, 0, 0]
  const own = less(iota([1, 1, 1, 1, prefix]), reshape(lengths, [lengths.shape[0]!, 1, 1, 1, 1]))
  return pad(select(own, scalar(0), scalar(HIDDEN)), [...none, 0], [...none, end - prefix])
}

/**
 * Joins the rows of all query heads of a group, which lie next to each other, so that one product per key head serves
 * them.
 */
const joinGroups = ({ reshape, slice }: Builders, x: Node, { start, rows }: Block, k: Node): Node => {
  const [B, H, , D] = x.shape as [number, number, number, number]
  const K = k.shape[1]!
  return reshape(slice(x, [0, 0, start, 0], [B, H, rows, D]), [B, K, (H / K) * rows, D])
}

const splitGroups = ({ reshape }: Builders, x: Node, q: Node, { rows }: Block): Node =>
  reshape(x, q.shape.with(2, rows))

const transposeLast = ({ transpose }: Builders, x: Node): Node => transpose(x, [0, 1, 3, 2])

/** Extends the gradient of a block by zeros for the positions after the block. */
const padToLength = ({ pad }: Builders, x: Node, whole: Node): Node =>
  pad(x, [0, 0, 0, 0], [0, 0, whole.shape[2]! - x.shape[2]!, 0])

/**
 * Causal grouped-query attention: position t attends to positions 0 to t, and query head h reads key and value head
 * floor(h / (H / K)).
 *
 * With `lengths`, keys and values begin with a prefix of P positions that have no queries. Every position of row b
 * attends to the first lengths[b] positions of the prefix.
 *
 * Queries are processed in blocks of `block` rows. A block reads no key after its last row, so a long sequence costs
 * half of T x T. If there are several blocks, the backward pass computes the attention weights again, so that the
 * weights of only one block are in memory.
 *
 * @shape  q [B, H, T, D], k and v [B, K, T, D] -> [B, H, T, D]; with lengths [B] (int32), k and v [B, K, P + T, D]
 * @errors ShapeError
 * @source grouped-query attention: arXiv:2305.13245
 * @example
 * causalAttention(q, k, v) // q [2, 8, 16, 64], k and v [2, 2, 16, 64] -> [2, 8, 16, 64]
 */
export const causalAttention: Builders['causalAttention'] = (q, k, v, { lengths, block = QUERIES } = {}) =>
  apply('causalAttention', causalAttentionOperation, lengths === undefined ? [q, k, v] : [q, k, v, lengths], { block })
