import {
  add,
  cast,
  concat,
  constant,
  div,
  equal,
  exp,
  gather,
  iota,
  less,
  log,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  neg,
  pad,
  reshape,
  scalar,
  select,
  slice,
  sub,
  sum,
} from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import { linear } from './layer/linear.js'

/** Tokens drawn by a program. */
export interface TokenDraws {
  /** @shape [n] (int32) */
  readonly tokens: Node
  /**
   * Log-prob of each token at the sampling temperature, then at temperature 1 its log-prob, entropy, s, expectedS and squares.
   *
   * @shape [n, 6]
   * @units nats; squares has no unit
   */
  readonly measures: Node
}

/** Maximum number of logits in memory at the same time: 16 MB. */
const LOGITS = 2 ** 22

/**
 * Draws one token for each hidden state from the softmax of its logits, and measures it, so that no logits leave the engine.
 *
 * A token is the first whose cumulative probability exceeds the uniform number, in the order of the vocabulary. The vocabulary is
 * divided into about sqrt(V) blocks: one cumulative sum over the blocks finds the block, and one over its tokens finds the token.
 * A uniform number is the sum of two float32 numbers, because one alone has too few digits for rare tokens. Sampling on the host
 * draws the same tokens, unless a uniform number is within rounding (about 1e-7) of the edge between two tokens. Temperature 0
 * takes the most probable token, with log-prob 0.
 *
 * @shape  hidden [n, width], head [V, width], uniforms [n, 2] as {@link splitUniform} returns them
 * @source Entrocraft section 4 for the measures, as in {@link tokenStatistics}
 */
export const drawTokens = (hidden: Node, head: Node, uniforms: Node, temperature: number): TokenDraws => {
  const [n, width] = hidden.shape as [number, number]
  const size = Math.max(1, Math.floor(LOGITS / head.shape[0]!))
  const parts = Array.from({ length: Math.ceil(n / size) }, (_, i) => {
    const [start, count] = [i * size, Math.min(size, n - i * size)]
    const part = (x: Node, columns: number) => (count === n ? x : slice(x, [start, 0], [count, columns]))
    return drawRows(linear(part(hidden, width), head), part(uniforms, 2), temperature)
  })
  const joined = (name: keyof TokenDraws) =>
    concat(
      parts.map((each) => each[name]),
      0,
    )
  return { tokens: joined('tokens'), measures: joined('measures') }
}

/** Splits a number into two float32 numbers whose sum is the number, up to 2^-48 of it. */
export const splitUniform = (uniform: number): readonly [number, number] => {
  const high = Math.fround(uniform)
  return [high, Math.fround(uniform - high)]
}

const drawRows = (logits: Node, uniforms: Node, temperature: number): TokenDraws => {
  const [n, V] = logits.shape as [number, number]
  const [blocks, width] = blockSizes(V)
  const inBlocks = (x: Node) => reshape(pad(x, [0, 0], [0, blocks * width - V]), [n, blocks, width])
  const shifted = sub(logits, max(logits, [1], true))
  const e = exp(shifted)
  const weights = inBlocks(weightsAt(temperature, shifted, e))
  const blockWeights = sum(weights, [2])
  const total = sum(blockWeights, [1], true)
  // At temperature 0 the weights are 1 for the most probable tokens, and the first of them is taken.
  const uniform = temperature === 0 ? mul(uniforms, scalar(0)) : uniforms
  const [high, low] = [slice(uniform, [0, 0], [n, 1]), slice(uniform, [0, 1], [n, 1])]

  const overBlocks = cumulative(blockWeights)
  const outer = firstAbove(div(overBlocks, lastColumn(overBlocks)), high)
  const block = cast(outer.place, 'int32')
  const ids = reshape(add(mul(iota([n, 1]), integer(blocks)), block), [n])
  const rowsOfBlock = (x: Node) => gather(reshape(x, [n * blocks, width]), ids)
  const rest = mul(add(outer.rest, low), lastColumn(overBlocks))
  const inner = firstAbove(cumulative(rowsOfBlock(weights)), rest)
  const tokens = reshape(add(mul(block, integer(width)), cast(inner.place, 'int32')), [n])

  const isDrawn = equal(count(width), inner.place)
  const logit = sum(select(isDrawn, rowsOfBlock(inBlocks(shifted)), scalar(0)), [1], true)
  const measures = measuresOf(shifted, e, temperature === 1 ? total : sum(e, [1], true), logit)
  const tempered =
    temperature === 0
      ? mul(logit, scalar(0))
      : temperature === 1
        ? measures[0]!
        : sub(mul(logit, scalar(1 / temperature)), log(total))
  return { tokens, measures: concat([tempered, ...measures], 1) }
}

/** Weights that are proportional to the probabilities of the tokens at a temperature. @shape shifted and e [n, V] -> [n, V] */
const weightsAt = (temperature: number, shifted: Node, e: Node): Node => {
  if (temperature === 0) return equal(shifted, scalar(0))
  return temperature === 1 ? e : exp(mul(shifted, scalar(1 / temperature)))
}

/**
 * Finds the first place whose cumulative weight exceeds a threshold.
 *
 * For the comparison, the threshold is bounded by the total, so that rounding never leads behind the last weight, and by 0, so that
 * a weight of 0 is never chosen: the cumulative weight does not grow at it.
 *
 * @shape sums [n, k], threshold [n, 1] -> place (float32) and rest, the threshold minus the weights before it, [n, 1] each
 */
const firstAbove = (sums: Node, threshold: Node): { readonly place: Node; readonly rest: Node } => {
  const [, k] = sums.shape as [number, number]
  const bounded = minimum(maximum(threshold, scalar(0)), mul(lastColumn(sums), scalar(1 - 2 ** -24)))
  const places = count(k)
  const place = neg(max(select(less(bounded, sums), neg(places), scalar(1 - k)), [1], true))
  const before = max(mul(sums, less(places, place)), [1], true)
  return { place, rest: sub(threshold, before) }
}

/** Sums of the weights up to each. @shape [n, k] -> [n, k] */
const cumulative = (weights: Node): Node => matmul(weights, upperTriangle(weights.shape[1]!))

/** @shape [n, k] -> [n, 1] */
const lastColumn = (x: Node): Node => slice(x, [0, x.shape[1]! - 1], [x.shape[0]!, 1])

/**
 * Log-prob, entropy, s, expectedS and squares of the tokens with these shifted logits.
 *
 * @shape shifted and e = exp(shifted) [n, V]; z = sum e and logit [n, 1] -> [n, 1] each
 */
const measuresOf = (shifted: Node, e: Node, z: Node, logit: Node): readonly Node[] => {
  const total = (x: Node) => sum(x, [1], true)
  const weighted = mul(e, shifted)
  const [zLogits, z2, z2Logits] = [total(weighted), total(mul(e, e)), total(mul(weighted, e))]
  const logz = log(z)
  const logprob = sub(logit, logz)
  const entropy = sub(logz, div(zLogits, z))
  const square = mul(z, z)
  const squares = div(z2, square)
  const s = mul(exp(logprob), add(entropy, logprob))
  const expectedS = add(mul(entropy, squares), div(sub(z2Logits, mul(logz, z2)), square))
  return [logprob, entropy, s, expectedS, squares]
}

/**
 * Number and width of the blocks of a vocabulary. The width is near sqrt(V), and divides V if a number near it does, so that no
 * padding is copied.
 */
const blockSizes = (V: number): readonly [number, number] => {
  const root = Math.ceil(Math.sqrt(V))
  for (let width = root; width <= 2 * root; width++) if (V % width === 0) return [V / width, width]
  return [Math.ceil(V / root), root]
}

/** The numbers 0 to k - 1. @shape [1, k] */
const count = (k: number): Node =>
  constant(
    Float32Array.from({ length: k }, (_, i) => i),
    [1, k],
  )

/** Ones on and above the diagonal. @shape [k, k] */
const upperTriangle = (k: number): Node =>
  constant(
    Float32Array.from({ length: k * k }, (_, i) => Number(Math.floor(i / k) <= i % k)),
    [k, k],
  )

const integer = (value: number): Node => constant(Int32Array.of(value), [])
