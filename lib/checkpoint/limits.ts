/**
 * Largest sizes that files of models may claim. A size is compared with its limit, and with the bytes that the file really
 * has, before memory is allocated or a loop begins. Every limit is far above the largest published models.
 */
export const limits = {
  /** Layers of a network. */
  layers: 4096,
  /** Width of a matrix, number of heads, size of a head. */
  dimension: 2 ** 20,
  /** Tokens of a vocabulary. */
  vocabulary: 2 ** 24,
  /** Number of positions that a network can distinguish. */
  positions: 2 ** 32,
  /** Rank of low-rank adapters. */
  rank: 2 ** 15,
  /** Size of a JSON file: a configuration, an index, a tokenizer. @units bytes */
  json: 2 ** 28,
  /** Size of a chat template. @units bytes */
  template: 2 ** 22,
  /** Size of the header of a safetensors file, as the format says. @units bytes */
  safetensorsHeader: 100_000_000,
  /** Size of the header of a GGUF file, which holds the tokenizer. @units bytes */
  ggufHeader: 2 ** 28,
  /** Axes of a tensor. */
  axes: 8,
} as const
