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
