/** Tokens of a long batch and the vocabulary of Qwen3, over a narrow model: what counts here is their product. */
export const longVocabulary = { tokens: 4096, vocabulary: 151_936, width: 128 } as const
