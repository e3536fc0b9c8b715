import type { Tokenizer } from './tokenizer.js'

/** Replacement character: the decoded text of an incomplete character. */
const INCOMPLETE = '\ufffd'

/**
 * Returns the text of each token. If the bytes of a character are spread over several tokens, the last of them has its text
 * and the others are empty. A token that ends a completion is empty too.
 *
 * @shape [T] for T tokens
 */
export const tokenTexts = (tokenizer: Pick<Tokenizer, 'decode'>, tokens: ArrayLike<number>): readonly string[] => {
  const texts: string[] = []
  let pending: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    pending.push(tokens[i]!)
    const text = tokenizer.decode(pending)
    const isComplete = !text.endsWith(INCOMPLETE) || i === tokens.length - 1 || pending.length === MAX_BYTES
    texts.push(isComplete ? text : '')
    if (isComplete) pending = []
  }
  return texts
}

/** Maximum number of bytes, and so of tokens, of a character in UTF-8. */
const MAX_BYTES = 4
