import type { GgufEntry } from '../../checkpoint/gguf.js'

/** Name of the tensor of rotary scaling factors. @shape [headWidth / 2] */
export const ROPE_FACTORS = 'rope_freqs.weight'

const outsideLayers: ReadonlyMap<string, string> = new Map([
  ['token_embd', 'model.embed_tokens'],
  ['output_norm', 'model.norm'],
  ['output', 'lm_head'],
])

const inLayer: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
])

/**
 * Returns the name of a weight in Hugging Face checkpoints. A name that is not a decoder weight stays the same.
 *
 * @source github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py
 */
export const huggingFaceName = (name: string): string => {
  const [, layer, part = '', kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? []
  const known = (layer === undefined ? outsideLayers : inLayer).get(part)
  if (known === undefined) return name
  return layer === undefined ? `${known}.${kind}` : `model.layers.${layer}.${known}.${kind}`
}

/** Returns the names of a file's weights by their names in Hugging Face checkpoints. */
export const weightNames = (entries: ReadonlyMap<string, GgufEntry>): ReadonlyMap<string, string> =>
  new Map([...entries.keys()].filter((name) => name !== ROPE_FACTORS).map((name) => [huggingFaceName(name), name]))
