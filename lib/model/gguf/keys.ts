import * as E from 'fp-ts/lib/Either.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { GgufValue } from '../../checkpoint/gguf.js'
import { formatValue } from '../../codec/describe-errors.js'

/** Value that a key must have, because another one would change the computation. `head` is the size of a head. */
interface Neutral {
  readonly expected: (head: number) => string
  readonly holds: (value: GgufValue, head: number) => boolean
}

const only = (...values: readonly GgufValue[]): Neutral => ({
  expected: () => values.map(String).join(' or '),
  holds: (value) => values.includes(value),
})

const headSize: Neutral = {
  expected: (head) => `${head}, the size of a head`,
  holds: (value, head) => value === head,
}

/** Relative error of a number that was stored as float32. */
const TOLERANCE = 1e-6

const headScale: Neutral = {
  expected: (head) => `${1 / Math.sqrt(head)}, one divided by the root of the size of a head`,
  holds: (value, head) => typeof value === 'number' && Math.abs(value * Math.sqrt(head) - 1) < TOLERANCE,
}

/**
 * Metadata keys of an architecture, without its name as prefix, that have no effect or are read elsewhere.
 *
 * @source github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py
 */
const harmless: ReadonlySet<string> = new Set([
  // Read by the codec of the configuration.
  ...['embedding_length', 'block_count', 'feed_forward_length', 'attention.head_count', 'attention.head_count_kv'],
  ...['attention.key_length', 'attention.layer_norm_rms_epsilon', 'rope.freq_base', 'rope.scaling.type'],
  // The length of the training sequences and the number of tokens, which the embedding has too.
  ...['context_length', 'vocab_size', 'decoder_start_token_id'],
  // They have an effect only with a scaling of another type, which is refused.
  ...['rope.scaling.original_context_length', 'rope.scaling.finetuned', 'rope.scaling.yarn_log_multiplier'],
  ...['rope.scaling.yarn_ext_factor', 'rope.scaling.yarn_attn_factor', 'rope.scaling.yarn_beta_fast'],
  'rope.scaling.yarn_beta_slow',
])

/** Metadata keys that are accepted with a value that changes nothing. */
const neutral: ReadonlyMap<string, Neutral> = new Map([
  ['attention.value_length', headSize],
  ['rope.dimension_count', headSize],
  ['rope.scale_linear', only(1)],
  ['rope.scaling.factor', only(1, 0)],
  ['rope.scaling.attn_factor', only(1)],
  ['attention.causal', only(true)],
  ['attention.sliding_window', only(0)],
  ['attention.scale', headScale],
  ['attention.max_alibi_bias', only(0)],
  ['attention.clamp_kqv', only(0)],
  ['attn_logit_softcapping', only(0)],
  ['final_logit_softcapping', only(0)],
  ['logit_scale', only(1)],
  ['embedding_scale', only(1)],
  ['residual_scale', only(1)],
  ['expert_count', only(0)],
  ['expert_used_count', only(0)],
  ['expert_shared_count', only(0)],
  ['nextn_predict_layers', only(0)],
  ['use_parallel_residual', only(false)],
  ['pooling_type', only(0)],
  ['tensor_data_layout', only('reference', 'Meta AI original pth')],
])

/**
 * Checks the metadata keys of an architecture, which are given without its name as prefix. A key that is not known is refused,
 * because a new key usually names a new part of a network.
 *
 * @errors CheckpointError that names the key
 */
export const checkKeys = (
  keys: Readonly<Record<string, GgufValue>>,
  head: number,
  place: string,
): E.Either<CheckpointError, void> => {
  for (const [key, value] of Object.entries(keys)) {
    if (harmless.has(key)) continue
    const rule = neutral.get(key)
    if (rule === undefined)
      return refusal(place, key, value, 'no such key: it may describe a part of a network that is not supported')
    if (!rule.holds(value, head)) return refusal(place, key, value, rule.expected(head))
  }
  return E.right(undefined)
}

const refusal = (place: string, key: string, value: GgufValue, expected: string) =>
  E.left(new CheckpointError(`${place}.${key}`, formatValue(value), expected))
