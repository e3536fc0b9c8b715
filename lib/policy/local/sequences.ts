import type { HostTensor } from '../../compute/program/node.js'
import type { SequenceShape } from '../../model/program/sequence.js'
import type { Response } from '../../rollout/batch.js'
import { completionLength, emptyExtent, extend, paddedShape, promptKey, type RunLimit } from './extent.js'

/** A micro-batch: completions, one per row, and each of their prompts once, padded on the right. */
export interface Sequences {
  readonly shape: SequenceShape
  /** Inputs `prompts`, `targets`, `prompt` and `lengths` of a program of that shape. */
  readonly feed: Readonly<Record<string, HostTensor>>
  /** Row of the batch that each row of the micro-batch holds. Rows of the micro-batch beyond these are padding. */
  readonly batchRows: readonly number[]
}

/** Lays out rows of a batch as one micro-batch. */
export const sequences = (responses: readonly Response[], batchRows: readonly number[], limit: RunLimit): Sequences => {
  const promptPlaces = new Map<string, number>()
  let extent = emptyExtent
  for (const batchRow of batchRows) {
    const key = promptKey(responses[batchRow]!)
    extent = extend(extent, responses[batchRow]!, !promptPlaces.has(key))
    if (!promptPlaces.has(key)) promptPlaces.set(key, promptPlaces.size)
  }
  const shape = paddedShape(extent, limit)
  const { prompts, promptLength, rows, length } = shape
  const [promptTokens, targets] = [new Int32Array(prompts * promptLength), new Int32Array(rows * length)]
  const [prompt, lengths] = [new Int32Array(rows), new Int32Array(rows).fill(1)]
  batchRows.forEach((batchRow, row) => {
    const response = responses[batchRow]!
    const place = promptPlaces.get(promptKey(response))!
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
    batchRows,
  }
}

/**
 * Lays out one value per completion token over a micro-batch; padding is 0.
 *
 * @shape value(row of the batch, token) -> [rows, length]
 */
export const spread = (
  { shape: { rows, length }, batchRows }: Sequences,
  responses: readonly Response[],
  value: (batchRow: number, token: number) => number,
): Float32Array => {
  const out = new Float32Array(rows * length)
  batchRows.forEach((batchRow, row) => {
    const count = completionLength(responses[batchRow]!)
    for (let t = 0; t < count; t++) out[row * length + t] = value(batchRow, t)
  })
  return out
}

/**
 * Copies the values of completion tokens from a micro-batch into a matrix of the batch: the inverse of {@link spread}.
 *
 * @shape from [rows, length] -> into_BT [B, width]
 */
export const collect = (
  { shape: { length }, batchRows }: Sequences,
  responses: readonly Response[],
  from: ArrayLike<number>,
  into_BT: Float32Array,
  width: number,
): void => {
  batchRows.forEach((batchRow, row) => {
    const count = completionLength(responses[batchRow]!)
    for (let t = 0; t < count; t++) into_BT[batchRow * width + t] = from[row * length + t]!
  })
}
