import type { Response } from '../../rollout/batch.js'
import { completionLength, emptyExtent, extend, paddedShape, promptKey, type RunLimit, tokensOf } from './extent.js'
import { type Sequences, sequences } from './sequences.js'

/**
 * Divides rows of a batch into micro-batches within a limit, shorter completions first. Rows with the same prompt stay
 * together, so that the prompt is read once. Otherwise rows of similar length go together, because padding costs time.
 */
export const microBatches = (
  responses: readonly Response[],
  rows: readonly number[],
  limit: RunLimit,
  replicas = 1,
): readonly Sequences[] => {
  const rowsByPrompt = new Map<string, number[]>()
  for (const row of rows) {
    const key = promptKey(responses[row]!)
    rowsByPrompt.set(key, [...(rowsByPrompt.get(key) ?? []), row])
  }
  const longest = (group: readonly number[]) => Math.max(...group.map((row) => completionLength(responses[row]!)))
  const groups = [...rowsByPrompt.values()].sort((a, b) => longest(a) - longest(b) || a[0]! - b[0]!)
  const size = microBatchSize(rows.length, limit.sequences, replicas)
  return pack(responses, groups, size, limit).map((piece) => sequences(responses, piece, limit))
}

/**
 * Returns the maximum number of completions in a micro-batch. With several replicas, each gets about two micro-batches, so
 * that all have a similar amount of work. The size is then a power of two of at least 16, because each replica compiles
 * every shape. If a replica's share is below 16, the share is the size.
 */
const microBatchSize = (rows: number, max: number, replicas: number): number => {
  if (replicas === 1) return max
  const share = Math.ceil(rows / replicas)
  return Math.min(max, share, Math.max(16, 2 ** Math.floor(Math.log2(share / 2))))
}

/** Packs groups of rows one after the other into pieces of at most `size` rows within the limit. A group may be split. */
const pack = (
  responses: readonly Response[],
  groups: readonly (readonly number[])[],
  size: number,
  limit: RunLimit,
): readonly (readonly number[])[] => {
  const pieces: number[][] = []
  let extent = emptyExtent
  for (const group of groups) {
    group.forEach((row, place) => {
      const response = responses[row]!
      const last = pieces.at(-1)
      const larger = extend(extent, response, place === 0)
      if (last !== undefined && last.length < size && tokensOf(paddedShape(larger, limit)) <= limit.tokens) {
        last.push(row)
        extent = larger
      } else {
        pieces.push([row])
        extent = extend(emptyExtent, response, true)
      }
    })
  }
  return pieces
}
