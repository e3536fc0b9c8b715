import type { Response } from '../../rollout/batch.js'
import { powerOfTwo } from './executables.js'

/** A micro-batch: whole sequences, padded on the right, and where each one's completion is predicted. */
export interface Sequences {
  readonly rows: number
  readonly length: number
  /** [rows, length]; `targets` is the next token. */
  readonly tokens: Int32Array
  readonly targets: Int32Array
  /** Index in the batch of each row that is real; the rows beyond are padding. */
  readonly members: readonly number[]
  /** Flat position that predicts the first completion token, per real row. */
  readonly starts: readonly number[]
}

/** @units tokens */
const lengthOf = ({ prompt, completion }: Response): number => prompt.tokens.length + completion.tokens.length - 1

/** Lengths are rounded up to a multiple of it: a shape that recurs is compiled once. @units tokens */
const STEP = 4

/**
 * Members of a batch as micro-batches of at most `size` sequences, those of like length together: what is padded is
 * computed for nothing.
 */
export const microBatches = (
  responses: readonly Response[],
  members: readonly number[],
  size: number,
): readonly Sequences[] => {
  const byLength = [...members].sort((a, b) => lengthOf(responses[a]!) - lengthOf(responses[b]!) || a - b)
  return chunks(byLength, size).map((micro) => {
    const longest = lengthOf(responses[micro.at(-1)!]!)
    return sequences(responses, micro, Math.max(STEP, Math.ceil(longest / STEP) * STEP), size)
  })
}

/** Lays out the given members of a batch as one micro-batch. */
export const sequences = (
  responses: readonly Response[],
  members: readonly number[],
  length: number,
  microBatch: number,
): Sequences => {
  const rows = Math.min(microBatch, powerOfTwo(members.length))
  const tokens = new Int32Array(rows * length)
  const targets = new Int32Array(rows * length)
  const starts = members.map((member, row) => {
    const { prompt, completion } = responses[member]!
    const whole = [...prompt.tokens, ...completion.tokens]
    tokens.set(whole.slice(0, -1), row * length)
    targets.set(whole.slice(1), row * length)
    return row * length + prompt.tokens.length - 1
  })
  return { rows, length, tokens, targets, members, starts }
}

/** Completion values of a batch, [B, width], laid out over a micro-batch; `value(b, t)` gives each. */
export const spread = (
  { rows, length, members, starts }: Sequences,
  responses: readonly Response[],
  value: (member: number, token: number) => number,
): Float32Array => {
  const out = new Float32Array(rows * length)
  members.forEach((member, row) => {
    const count = responses[member]!.completion.tokens.length
    for (let t = 0; t < count; t++) out[starts[row]! + t] = value(member, t)
  })
  return out
}

/** The way back: copies what a micro-batch says of completion tokens into a batch matrix [B, width]. */
export const collect = (
  { members, starts }: Sequences,
  responses: readonly Response[],
  from: ArrayLike<number>,
  into_BT: Float32Array,
  width: number,
): void => {
  members.forEach((member, row) => {
    const count = responses[member]!.completion.tokens.length
    for (let t = 0; t < count; t++) into_BT[member * width + t] = from[starts[row]! + t]!
  })
}

/** Consecutive pieces of at most `size`. */
export const chunks = <A>(items: readonly A[], size: number): A[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
