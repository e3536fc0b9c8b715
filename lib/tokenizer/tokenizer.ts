/** Text to token ids and back. Decoding is not the inverse of encoding for every tokenizer: keep ids. */
export interface Tokenizer {
  /** Number of tokens, ids 0 .. vocabulary - 1. */
  readonly vocabulary: number
  /** Any of them ends a completion; the first is the one a demonstration ends with. */
  readonly ends: readonly number[]
  /** @errors RangeError for text it has no tokens for */
  encode(text: string): readonly number[]
  /** Tokens that end a completion have no text. @errors RangeError for an id that is no token */
  decode(tokens: ArrayLike<number>): string
}
