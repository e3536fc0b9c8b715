import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { after } from './after.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'
import { isZero } from './scalar-value.js'

/** Default number of logits in memory at the same time: 32 MB. */
const LOGITS = 2 ** 23

export const tokenStatisticsOperation: FusedOperation<'tokenStatistics'> = {
  infer: ([hidden, weight, targets]) => {
    checkFloat('tokenStatistics', hidden, weight)
    const [n, width] = hidden.shape
    const fits =
      hidden.shape.length === 2 &&
      weight.shape.length === 2 &&
      weight.shape[1] === width &&
      targets.dtype === 'int32' &&
      targets.shape.length === 1 &&
      targets.shape[0] === n
    if (!fits)
      throw new ShapeError(
        'tokenStatistics',
        [hidden, weight, targets],
        'hidden [n, width], weight [V, width] and targets [n] in int32',
      )
    return { shape: [n!, 4], dtype: 'float32' }
  },
  compose: (build, [hidden, weight, targets], { block }) => {
    const { logprob, entropy, squares, weighted } = combineBlocks(build, hidden, weight, targets, block)
    return build.concat([logprob, entropy, squares, weighted], 1)
  },
  derivative: (build, gradient, [hidden, weight, targets], { shape, attributes }) => {
    const { add, broadcast, cast, concat, exp, matmul, mul, neg, scalar, slice, sub, transpose } = build
    const g = broadcast(gradient, shape)
    const { normalizer, entropy, squares, weighted } = combineBlocks(build, hidden, weight, targets, attributes.block)
    const blocks = blocksOf(weight, attributes.block)
    const single = blocks.length === 1
    // A single block is small, so its logits are kept from the forward pass.
    const anew = (x: Node) => (single ? x : after(build, x, normalizer))
    const [again, ids] = [anew(hidden), anew(cast(targets, 'float32'))]
    const columns = Array.from({ length: shape[1]! }, (_, i) => slice(g, [0, i], [shape[0]!, 1]))
    // Most losses read one column, and the gradients of the other columns are constant zeros.
    const read = [...columns.entries()].filter(([, g_n]) => !isZero(g_n))
    if (read.length === 0) return [null, null, null]
    const logitsGradient = (block: Block) => {
      const logp = sub(logitsOf(build, block, again), normalizer)
      const p = exp(logp)
      const twice = mul(scalar(2), p)
      // Derivative of each column by the logits.
      const changes = [
        () => sub(targetMask(build, block, ids), p),
        () => neg(mul(p, add(logp, entropy))),
        () => mul(twice, sub(p, squares)),
        () => mul(p, sub(add(mul(twice, logp), p), add(mul(scalar(2), weighted), squares))),
      ]
      return read.map(([i, g_n]) => mul(g_n, changes[i]!())).reduce(add)
    }
    const parts = blocks.map((rows) => {
      const block = { start: rows.start, weight: part(build, weight, rows) }
      const change = logitsGradient(block)
      const hiddenGradient = matmul(change, block.weight)
      if (single) return { hiddenGradient, weightGradient: matmul(transpose(change, [1, 0]), hidden) }
      // Each gradient depends on the other, so that one block is finished before the next begins. Otherwise one sum could
      // go through all blocks first and keep the logits of each for the other sum.
      const weightGradient = matmul(transpose(change, [1, 0]), after(build, hidden, hiddenGradient))
      return { hiddenGradient: after(build, hiddenGradient, weightGradient), weightGradient }
    })
    const weightGradient = concat(
      parts.map((each) => each.weightGradient),
      0,
    )
    return [parts.map((each) => each.hiddenGradient).reduce(add), weightGradient, null]
  },
}

/** Rows of the head that are processed together; `start` is the number of the first. @shape weight [rows, width] */
interface Block {
  readonly start: number
  readonly weight: Node
}

const blocksOf = ({ shape: [vocabulary] }: Node, size: number) =>
  Array.from({ length: Math.ceil(vocabulary! / size) }, (_, i) => ({
    start: i * size,
    count: Math.min(size, vocabulary! - i * size),
  }))

const part = ({ slice }: Builders, weight: Node, { start, count }: { start: number; count: number }): Node =>
  slice(weight, [start, 0], [count, weight.shape[1]!])

/** Logits of one block. @shape hidden [n, width] -> [n, rows] */
const logitsOf = ({ matmul, transpose }: Builders, { weight }: Block, hidden: Node): Node =>
  matmul(hidden, transpose(weight, [1, 0]))

/**
 * Mask of the targets in a block: 1 where a row of the head is the target.
 *
 * @shape targets [n] (float32) -> [n, rows]
 */
const targetMask = ({ constant, equal, reshape }: Builders, { start, weight }: Block, targets: Node): Node => {
  const [rows] = weight.shape as [number]
  const ids = Float32Array.from({ length: rows }, (_, row) => start + row)
  return equal(reshape(targets, [targets.shape[0]!, 1]), constant(ids, [1, rows]))
}

/**
 * Combines the sums of all blocks. The sums of a block are relative to its largest logit, and here they are rescaled to
 * the largest logit of all.
 *
 * @shape each result [n, 1]; `normalizer` is log sum exp of the logits
 */
const combineBlocks = (build: Builders, hidden: Node, weight: Node, targets: Node, size: number) => {
  const { add, cast, concat, div, exp, log, max, mul, reshape, slice, sub, sum } = build
  const [n] = hidden.shape as [number]
  const blocks = blocksOf(weight, size)
  const ids = cast(targets, 'float32')
  const all = concat(
    blocks.map((rows) => sumsOf(build, { start: rows.start, weight: part(build, weight, rows) }, hidden, ids)),
    1,
  )
  const column = (i: number) =>
    reshape(slice(reshape(all, [n, blocks.length, SUMS]), [0, 0, i], [n, blocks.length, 1]), [n, blocks.length])
  const total = (x: Node) => sum(x, [1], true)
  const peaks = column(0)
  const peak = max(peaks, [1], true)
  const shift = sub(peaks, peak)
  const scale = exp(shift)
  const square = mul(scale, scale)
  const z = total(mul(scale, column(1)))
  const zLogits = total(mul(scale, add(column(2), mul(shift, column(1)))))
  const z2 = total(mul(square, column(3)))
  const z2Logits = total(mul(square, add(column(4), mul(shift, column(3)))))
  const logz = log(z)
  return {
    normalizer: add(peak, logz),
    logprob: sub(sub(total(column(5)), peak), logz),
    entropy: sub(logz, div(zLogits, z)),
    squares: div(z2, mul(z, z)),
    weighted: div(sub(z2Logits, mul(logz, z2)), mul(z, z)),
  }
}

const SUMS = 6

/**
 * Sums over the logits l of one block: the largest logit m; the sums of e, e (l - m), e^2 and e^2 (l - m) with e =
 * exp(l - m); and the logit of the target, or 0 if the target is in another block. They are one tensor, so that a block
 * is finished before the next one begins.
 *
 * @shape hidden [n, width], targets [n] (float32) -> [n, SUMS]
 */
const sumsOf = (build: Builders, block: Block, hidden: Node, targets: Node): Node => {
  const { concat, exp, max, mul, sub, sum } = build
  const logits = logitsOf(build, block, hidden)
  const total = (x: Node) => sum(x, [1], true)
  const peak = max(logits, [1], true)
  const shifted = sub(logits, peak)
  const e = exp(shifted)
  const e2 = mul(e, e)
  const target = mul(targetMask(build, block, targets), logits)
  return concat([peak, total(e), total(mul(e, shifted)), total(e2), total(mul(e2, shifted)), total(target)], 1)
}

/**
 * Log-probability and entropy of tokens from the softmax p over a vocabulary. The logits of the whole vocabulary are
 * never in memory: they are computed in blocks of rows of the head, and again in the backward pass.
 *
 * The four columns of the result are log p of the target, the entropy -sum p log p, sum p^2, and sum p^2 log p.
 *
 * @shape  hidden [n, width], weight [V, width], targets [n] (int32) -> [n, 4]
 * @units  nats; sum p^2 has no unit
 * @errors ShapeError
 */
export const tokenStatistics: Builders['tokenStatistics'] = (hidden, weight, targets, block) =>
  apply('tokenStatistics', tokenStatisticsOperation, [hidden, weight, targets], {
    block: block ?? Math.min(weight.shape[0]!, Math.max(256, Math.floor(LOGITS / hidden.shape[0]!))),
  })
