/** Names of the files in a folder of Hugging Face. */
export const huggingFaceFiles = {
  config: 'config.json',
  /** All weights in one. */
  weights: 'model.safetensors',
  /** Which shard holds which weight, where there is more than one. */
  index: 'model.safetensors.index.json',
} as const

/** Name of a shard, counted from 1. */
export const shardName = (shard: number, shards: number): string =>
  `model-${digits(shard)}-of-${digits(shards)}.safetensors`

const digits = (n: number): string => String(n).padStart(5, '0')

/** What goes with a model's weights: its tokenizer, and how it is sampled from. */
export const companions = [
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
]
