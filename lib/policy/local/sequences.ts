import type { HostTensor } from '../../compute/program/node.js'
import type { SequenceShape } from '../../model/program/sequence.js'
import type { Response } from '../../rollout/batch.js'
import { powerOfTwo, roundUp, rowsFor } from './executables.js'

/** A micro-batch: completions, and each prompt that they go on from once, padded on the right. */
export interface Sequences {
  readonly shape: SequenceShape
  /** The inputs `prompts`, `targets`, `prompt` and `lengths` of a program of that shape. */
  readonly feed: Readonly<Record<string, HostTensor>>
  /** Index in the batch of each row that is real; the rows beyond are padding. */
  readonly members: readonly number[]
}

/** What one engine run may hold at most: it decides memory. A single sequence is let through, however long. */
export interface RunLimit {
  readonly sequences: number
  /** Padding counts. */
  readonly tokens: number
}

/**
 * Members of a batch as micro-batches within a limit, the shorter first. Those of one prompt come together, so that it is
 * read once; beyond that, those of like length do: what is padded is computed for nothing.
 */
export const microBatches = (
  responses: readonly Response[],
  members: readonly number[],
  limit: RunLimit,
  replicas = 1,
): readonly Sequences[] => {
  const byPrompt = new Map<string, number[]>()
  for (const member of members) {
    const prompt = keyOf(responses[member]!)
    byPrompt.set(prompt, [...(byPrompt.get(prompt) ?? []), member])
  }
  const longest = (of: readonly number[]) => Math.max(...of.map((member) => lengthOf(responses[member]!)))
  const groups = [...byPrompt.values()].sort((a, b) => longest(a) - longest(b) || a[0]! - b[0]!)
  const size = sizeFor(members.length, limit.sequences, replicas)
  return packed(responses, groups, size, limit).map((micro) => sequences(responses, micro, limit))
}

/**
 * Completions in a micro-batch. Several replicas get some two each, so that they have about as much to do; that is a power of
 * two of 16 or more, since a replica compiles every shape for itself. What is less than that is halved all the same.
 */
const sizeFor = (members: number, most: number, replicas: number): number => {
  if (replicas === 1) return most
  const share = Math.ceil(members / replicas)
  return Math.min(most, share, Math.max(16, 2 ** Math.floor(Math.log2(share / 2))))
}

/** Pieces of at most `size` members, each within the limit; groups lie side by side, and are cut where they have to. */
const packed = (
  responses: readonly Response[],
  groups: readonly (readonly number[])[],
  size: number,
  limit: RunLimit,
): readonly (readonly number[])[] => {
  const pieces: number[][] = []
  let extent = nothing
  for (const group of groups) {
    group.forEach((member, at) => {
      const response = responses[member]!
      const last = pieces.at(-1)
      const grown = extended(extent, response, at === 0)
      if (last !== undefined && last.length < size && tokensOf(shapeOf(grown, limit)) <= limit.tokens) {
        last.push(member)
        extent = grown
      } else {
        pieces.push([member])
        extent = extended(nothing, response, true)
      }
    })
  }
  return pieces
}

/** Unpadded: the rows and prompts there are, and the longest of each. */
type Extent = SequenceShape

const nothing: Extent = { prompts: 0, promptLength: 0, rows: 0, length: 0 }

const extended = (extent: Extent, response: Response, anotherPrompt: boolean): Extent => ({
  prompts: extent.prompts + Number(anotherPrompt),
  promptLength: Math.max(extent.promptLength, response.prompt.tokens.length),
  rows: extent.rows + 1,
  length: Math.max(extent.length, lengthOf(response)),
})

/** What an extent takes as one micro-batch. */
const shapeOf = (extent: Extent, limit: RunLimit): SequenceShape => {
  // The last token of a completion is predicted, and not read.
  const length = 1 + padded(Math.max(1, extent.length - 1))
  return {
    prompts: Math.min(limit.sequences, powerOfTwo(extent.prompts)),
    promptLength: padded(extent.promptLength),
    rows: Math.min(limit.sequences, rowsFor(extent.rows, length)),
    length,
  }
}

/** Of one engine run. */
const tokensOf = ({ prompts, promptLength, rows, length }: SequenceShape): number =>
  prompts * promptLength + rows * length

/** Lays out the given members of a batch as one micro-batch, whose shape follows from the limit. */
export const sequences = (responses: readonly Response[], members: readonly number[], limit: RunLimit): Sequences => {
  const places = new Map<string, number>()
  let extent = nothing
  for (const member of members) {
    const key = keyOf(responses[member]!)
    extent = extended(extent, responses[member]!, !places.has(key))
    if (!places.has(key)) places.set(key, places.size)
  }
  const shape = shapeOf(extent, limit)
  const { prompts, promptLength, rows, length } = shape
  const [promptTokens, targets] = [new Int32Array(prompts * promptLength), new Int32Array(rows * length)]
  const [prompt, lengths] = [new Int32Array(rows), new Int32Array(rows).fill(1)]
  members.forEach((member, row) => {
    const response = responses[member]!
    const place = places.get(keyOf(response))!
    promptTokens.set(response.prompt.tokens, place * promptLength)
    targets.set(response.completion.tokens, row * length)
    prompt[row] = place
    lengths[row] = response.prompt.tokens.length
  })
  return {
    shape,
    feed: {
      prompts: { shape: [prompts, promptLength], data: promptTokens },
      targets: { shape: [rows, length], data: targets },
      prompt: { shape: [rows], data: prompt },
      lengths: { shape: [rows], data: lengths },
    },
    members,
  }
}

/** @units tokens */
const lengthOf = ({ completion }: Response): number => completion.tokens.length

/** What tells prompts apart: what the model reads of them. */
const keyOf = ({ prompt }: Response): string => prompt.tokens.join()

/** Few lengths, so that a shape recurs and is compiled once: 1, 2, multiples of 4, and of more. @units tokens */
const padded = (length: number): number => (length <= 2 ? length : roundUp(length, 4))

/** Completion values of a batch, [B, width], laid out over a micro-batch; `value(b, t)` gives each. */
export const spread = (
  { shape: { rows, length }, members }: Sequences,
  responses: readonly Response[],
  value: (member: number, token: number) => number,
): Float32Array => {
  const out = new Float32Array(rows * length)
  members.forEach((member, row) => {
    const count = lengthOf(responses[member]!)
    for (let t = 0; t < count; t++) out[row * length + t] = value(member, t)
  })
  return out
}

/** The way back: copies what a micro-batch says of completion tokens into a batch matrix [B, width]. */
export const collect = (
  { shape: { length }, members }: Sequences,
  responses: readonly Response[],
  from: ArrayLike<number>,
  into_BT: Float32Array,
  width: number,
): void => {
  members.forEach((member, row) => {
    const count = lengthOf(responses[member]!)
    for (let t = 0; t < count; t++) into_BT[member * width + t] = from[row * length + t]!
  })
}

/** Consecutive pieces of at most `size`. */
export const chunks = <A>(items: readonly A[], size: number): A[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
