import { causalAttention, input } from '#lib/compute/operation/index.js'
import type { Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { decoder, head } from '#lib/model/decoder.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { parameterInputs, parameterShapes } from '#lib/model/parameters.js'
import { fromStart } from '#lib/model/places.js'

/** Logits of every position of whole rows: `tokens` [rows, length] -> `logits` [rows * length, V]. */
export const fullPass = (config: DecoderConfig, rows: number, length: number): Program => {
  const parameters = parameterInputs(parameterShapes(config))
  const tokens = input('tokens', [rows, length], 'int32')
  const hidden = decoder(config, parameters, tokens, fromStart(length), (_, q, k, v) => causalAttention(q, k, v))
  return program('full pass', { logits: head(parameters, hidden) })
}
