import type { Tokenizer } from './tokenizer.js'

/** What stands for bytes that are no whole character. */
const PART = '\ufffd'

/**
 * The text of each token. Bytes of one character may be spread over several tokens: the last of them has it, the others
 * have none. So has a token that ends a completion.
 *
 * @shape [T] for T tokens
 */
export const pieces = (tokenizer: Pick<Tokenizer, 'decode'>, tokens: ArrayLike<number>): readonly string[] => {
  const texts: string[] = []
  let waiting: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    waiting.push(tokens[i]!)
    const text = tokenizer.decode(waiting)
    const whole = !text.endsWith(PART) || i === tokens.length - 1 || waiting.length === LONGEST
    texts.push(whole ? text : '')
    if (whole) waiting = []
  }
  return texts
}

/** Bytes of a character, and so tokens, at most. */
const LONGEST = 4
