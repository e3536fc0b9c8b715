/** Conversion between text and token ids. Keep the ids, because decoding is not the inverse of encoding for every tokenizer. */
export interface Tokenizer {
  /** Number of tokens, ids 0 .. vocabulary - 1. */
  readonly vocabulary: number
  /** Tokens that end a completion. Demonstrations end with the first. */
  readonly ends: readonly number[]
  /** Returns the token ids of a text. @errors throws RangeError for text that has no tokens */
  encode(text: string): readonly number[]
  /** Returns the text of token ids. Tokens that end a completion have no text. @errors throws RangeError for an unknown id */
  decode(tokens: ArrayLike<number>): string
}
