import {
  cachedAttention,
  causalAttention,
  concat,
  gather,
  input,
  pad,
  reshape,
  writeCache,
} from '../../compute/operation/index.js'
import type { Node, Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import { decoder, head } from '../decoder.js'
import type { DecoderConfig } from '../decoder-config.js'
import { rowsOf } from '../layer/heads.js'
import { fromStart } from '../places.js'
import { type WeightForm, weightInputs } from '../weight-form.js'

/** Cached keys and values of one layer, [rows, kvHeads, limit, headWidth] each. */
export const cacheNames = (config: DecoderConfig): readonly string[] =>
  Array.from({ length: config.layers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat()

const cacheShape = (config: DecoderConfig, rows: number, limit: number) =>
  [rows, config.kvHeads, limit, config.headWidth] as const

/**
 * Reads prompts into a cache.
 *
 * @shape inputs `tokens` [P, L] (int32, padded on the right), `last` [P] (int32, flat index of each prompt's last
 *        token); outputs `logits` [P, V] of the first token to draw, and the cache
 */
export const prefillProgram = (
  config: DecoderConfig,
  rows: number,
  length: number,
  limit: number,
  form: WeightForm = 'float32',
): Program => {
  const parameters = weightInputs(config, form)
  const tokens = input('tokens', [rows, length], 'int32')
  const inRows = rowsOf(config, rows, length, fromStart(length))
  const cache: Record<string, Node> = {}
  const keep = (x: Node) => pad(x, [0, 0, 0, 0], [0, 0, limit - length, 0])
  const { hidden } = decoder(config, parameters, reshape(tokens, [rows * length]), (layer, heads) => {
    const { q, k, v } = inRows.split(heads)
    cache[`keys.${layer}`] = keep(k)
    cache[`values.${layer}`] = keep(v)
    return inRows.join(causalAttention(q, k, v))
  })
  const logits = head(parameters, gather(hidden, input('last', [rows], 'int32')))
  return program(`prefill ${rows}x${length}`, { logits, ...cache })
}

/**
 * One token per row: writes it into the cache at its own position and predicts the next.
 *
 * @shape inputs `tokens` and `positions` [B] (int32) and the cache; outputs `logits` [B, V] and the new cache
 */
export const decodeProgram = (
  config: DecoderConfig,
  rows: number,
  limit: number,
  form: WeightForm = 'float32',
): Program => {
  const parameters = weightInputs(config, form)
  const tokens = input('tokens', [rows], 'int32')
  const positions = input('positions', [rows], 'int32')
  const inRows = rowsOf(config, rows, 1, { positions: reshape(positions, [rows, 1]), limit })
  const cache: Record<string, Node> = {}
  const store = (name: string, entry: Node) => {
    const before = input(name, cacheShape(config, rows, limit))
    cache[name] = writeCache(before, entry, positions)
    return before
  }
  const { hidden } = decoder(config, parameters, tokens, (layer, heads) => {
    const { q, k, v } = inRows.split(heads)
    const before = { keys: store(`keys.${layer}`, k), values: store(`values.${layer}`, v) }
    return inRows.join(cachedAttention({ q, k, v }, before, positions))
  })
  return program(`decode ${rows}`, { logits: head(parameters, hidden), ...cache })
}

/**
 * Picks rows of caches: repeats a prompt's cache for its group, drops the rows of finished sequences, and puts new ones in
 * their place.
 *
 * @shape input `rows` [to] (int32), counted over all sources, and the cache of each under its number, `0.NAME` of `from[0]`
 *        rows and so on; outputs the cache of `to` rows
 */
export const pickProgram = (config: DecoderConfig, from: readonly number[], to: number, limit: number): Program => {
  const rows = input('rows', [to], 'int32')
  const picked = cacheNames(config).map((name) => {
    const sources = from.map((count, source) => input(`${source}.${name}`, cacheShape(config, count, limit)))
    return [name, gather(concat(sources, 0), rows)]
  })
  return program(`pick ${from.join('+')}->${to}`, Object.fromEntries(picked) as Record<string, Node>)
}
