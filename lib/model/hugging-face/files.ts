/** Names of the model files in a Hugging Face folder. */
export const huggingFaceFiles = {
  config: 'config.json',
  /** All weights in one file. */
  weights: 'model.safetensors',
  /** Shard of each weight, if the weights are in several files. */
  index: 'model.safetensors.index.json',
  /** Configuration of adapters, which makes the folder one of adapters. */
  adapter: 'adapter_config.json',
} as const

/** Returns the name of a shard. Shards are counted from 1. */
export const shardName = (shard: number, shards: number): string =>
  `model-${fiveDigits(shard)}-of-${fiveDigits(shards)}.safetensors`

const fiveDigits = (n: number): string => String(n).padStart(5, '0')
