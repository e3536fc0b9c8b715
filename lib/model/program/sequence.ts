import { causalAttention, input, reshape } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { decoder, head } from '../decoder.js'
import type { DecoderConfig } from '../decoder-config.js'
import { fromStart } from '../places.js'
import type { Parameters } from '../parameters.js'
import { tokenStatistics } from '../token-statistics.js'

/** Rows of a scoring or training pass: B sequences of T tokens, padded on the right. */
export interface SequenceShape {
  readonly rows: number
  readonly length: number
}

/**
 * Statistics of every next token of whole sequences: position t of row b is the prediction of `targets[b, t]`.
 * Causality hides the padding on the right from everything before it.
 *
 * @shape inputs `tokens` and `targets` [B, T] (int32) -> five of [B, T]
 */
export const sequenceStatistics = (config: DecoderConfig, parameters: Parameters<Node>, shape: SequenceShape) => {
  const { rows, length } = shape
  const tokens = input('tokens', [rows, length], 'int32')
  const targets = input('targets', [rows, length], 'int32')
  const hidden = decoder(config, parameters, tokens, fromStart(length), (_, q, k, v) => causalAttention(q, k, v))
  const statistics = tokenStatistics(head(parameters, hidden), reshape(targets, [rows * length]))
  const matrix = (x: Node) => reshape(x, [rows, length])
  return {
    logprob: matrix(statistics.logprob),
    entropy: matrix(statistics.entropy),
    s: matrix(statistics.s),
    expectedS: matrix(statistics.expectedS),
    squares: matrix(statistics.squares),
  }
}
