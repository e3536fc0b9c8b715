/** Sizes of the benchmark: a long batch, the vocabulary of Qwen3, and a narrow model, because only tokens x vocabulary matters. */
export const longVocabulary = { tokens: 4096, vocabulary: 151_936, width: 128 } as const
