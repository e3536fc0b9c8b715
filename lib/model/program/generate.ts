import {
  cachedAttention,
  causalAttention,
  concat,
  gather,
  input,
  pad,
  reshape,
  slice,
  writeCache,
} from '../../compute/operation/index.js'
import type { Node, Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import { sizeOf } from '../../compute/program/shape.js'
import { decoder, head, headWeight } from '../decoder.js'
import type { DecoderConfig } from '../decoder-config.js'
import { createRowLayout } from '../layer/heads.js'
import { drawTokens } from '../token-draws.js'
import { positionsFromStart } from '../token-positions.js'
import { type WeightForm, weightInputs } from '../weight-form.js'
import type { WeightMap } from '../weights.js'

/** Returns the names of the cached keys and values of all layers. @shape [rows, kvHeads, limit, headWidth] each */
export const cacheNames = (config: DecoderConfig): readonly string[] =>
  Array.from({ length: config.layers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat()

const cacheShape = (config: DecoderConfig, rows: number, limit: number) =>
  [rows, config.kvHeads, limit, config.headWidth] as const

/** Returns how many numbers the cache of one sequence holds. */
export const cacheSize = (config: DecoderConfig, limit: number): number =>
  cacheNames(config).length * sizeOf(cacheShape(config, 1, limit))

/**
 * End of a program that generates: makes outputs from hidden states after the last norm. They are logits, or tokens that are
 * drawn from them.
 *
 * @shape hidden [n, width]
 */
export type ProgramHead = (weights: WeightMap<Node>, hidden: Node) => Readonly<Record<string, Node>>

/** Head that returns the logits. @shape output `logits` [n, V] */
export const logitsHead: ProgramHead = (weights, hidden) => ({ logits: head(weights, hidden) })

/**
 * Head that draws one token from each hidden state. With `measured` it measures the tokens at temperature 1, too.
 *
 * @shape input `uniforms` [n, 2]; outputs `drawn` [n] (int32) and `measures` [n, 6], or [n, 1] without `measured`, as in
 * {@link drawTokens}
 */
export const drawingHead =
  (temperature: number, measured: boolean): ProgramHead =>
  (weights, hidden) => {
    const [n] = hidden.shape as [number]
    const { tokens, measures } = drawTokens(hidden, headWeight(weights), input('uniforms', [n, 2]), temperature)
    return { drawn: tokens, measures: measured ? measures : slice(measures, [0, 0], [n, 1]) }
  }

/** Settings of programs that generate. */
export interface GenerationOptions {
  /** Number format of the weights [float32]. */
  readonly form?: WeightForm
  /** End of the program [{@link logitsHead}]. */
  readonly head?: ProgramHead
}

/**
 * Program that reads prompts into a cache and predicts the tokens after them. The head reads `reads` hidden states: by default
 * one for each prompt.
 *
 * @shape inputs `tokens` [P, L] (int32, padded on the right), `last` [reads] (int32, flat index of the last token of a prompt),
 * and those of the head; outputs those of the head for `reads` rows, and the cache
 */
export const prefillProgram = (
  config: DecoderConfig,
  rows: number,
  length: number,
  limit: number,
  { form = 'float32', head = logitsHead, reads = rows }: GenerationOptions & { readonly reads?: number } = {},
): Program => {
  const weights = weightInputs(config, form)
  const tokens = input('tokens', [rows, length], 'int32')
  const layout = createRowLayout(config, rows, length, positionsFromStart(length))
  const cache: Record<string, Node> = {}
  const padToLimit = (x: Node) => pad(x, [0, 0, 0, 0], [0, 0, limit - length, 0])
  const { hidden } = decoder(config, weights, reshape(tokens, [rows * length]), (layer, heads) => {
    const { q, k, v } = layout.split(layer, heads)
    cache[`keys.${layer}`] = padToLimit(k)
    cache[`values.${layer}`] = padToLimit(v)
    return layout.join(causalAttention(q, k, v))
  })
  const predicted = head(weights, gather(hidden, input('last', [reads], 'int32')))
  return program(`prefill ${rows}x${length}`, { ...predicted, ...cache })
}

/**
 * Program that reads one token per row: writes it into the cache at its own position and predicts the next token.
 *
 * @shape inputs `tokens` and `positions` [B] (int32), those of the head, and the cache; outputs those of the head for B rows, and
 * the new cache
 */
export const decodeProgram = (
  config: DecoderConfig,
  rows: number,
  limit: number,
  { form = 'float32', head = logitsHead }: GenerationOptions = {},
): Program => {
  const weights = weightInputs(config, form)
  const tokens = input('tokens', [rows], 'int32')
  const positions = input('positions', [rows], 'int32')
  const layout = createRowLayout(config, rows, 1, { positions: reshape(positions, [rows, 1]), limit })
  const cache: Record<string, Node> = {}
  const store = (name: string, entry: Node) => {
    const before = input(name, cacheShape(config, rows, limit))
    cache[name] = writeCache(before, entry, positions)
    return before
  }
  const { hidden } = decoder(config, weights, tokens, (layer, heads) => {
    const { q, k, v } = layout.split(layer, heads)
    const before = { keys: store(`keys.${layer}`, k), values: store(`values.${layer}`, v) }
    return layout.join(cachedAttention({ q, k, v }, before, positions))
  })
  return program(`decode ${rows}`, { ...head(weights, hidden), ...cache })
}

/**
 * Program that picks rows of several caches: it repeats a prompt's cache for its group, drops the rows of finished sequences
 * and puts new rows in their place.
 *
 * @shape input `rows` [to] (int32), indices counted over all sources; source i has `from[i]` rows, and its cache inputs are
 * `i.NAME`; outputs the cache of `to` rows
 */
export const pickProgram = (config: DecoderConfig, from: readonly number[], to: number, limit: number): Program => {
  const rows = input('rows', [to], 'int32')
  const entries = cacheNames(config).map((name) => {
    const sources = from.map((count, source) => input(`${source}.${name}`, cacheShape(config, count, limit)))
    return [name, gather(concat(sources, 0), rows)]
  })
  return program(`pick ${from.join('+')}->${to}`, Object.fromEntries(entries) as Record<string, Node>)
}
