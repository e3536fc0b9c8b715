/** Text to token ids and back. Decoding is not the inverse of encoding for every tokenizer: keep ids. */
export interface Tokenizer {
  /** Number of tokens, ids 0 .. vocabulary - 1. */
  readonly vocabulary: number
  /** The token that ends a completion. */
  readonly end: number
  /** @errors RangeError for text it has no tokens for */
  encode(text: string): readonly number[]
  /** The end token has no text. @errors RangeError for an id that is no token */
  decode(tokens: ArrayLike<number>): string
}
