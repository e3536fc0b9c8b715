import { WORD } from './word-characters.js'

/** Added token of a tokenizer.json. */
export interface AddedToken {
  readonly content: string
  /** True if the token counts only where no letter, digit or mark stands beside it. */
  readonly single_word: boolean
  /** True if the token includes the spaces before it. */
  readonly lstrip: boolean
  /** True if the token includes the spaces after it. */
  readonly rstrip: boolean
}

/** Part of a text: an added token, or text between two of them. */
type Piece = string | AddedToken

/** Finds added tokens in a text, under the texts that stand for them. */
export type AddedTokenSplitter = (text: string) => readonly Piece[]

interface TrieNode {
  readonly next: Map<string, TrieNode>
  token?: AddedToken
}

const WORD_BEFORE = new RegExp(`[${WORD}]$`, 'u')
const WORD_AFTER = new RegExp(`^[${WORD}]`, 'u')
const SPACE = /\p{White_Space}/u

/**
 * Creates a splitter of texts at added tokens. At each place the longest token counts; text that belongs to a token does not
 * belong to a second one.
 *
 * @source github.com/huggingface/tokenizers, tokenizers/src/tokenizer/added_vocabulary.rs
 */
export const addedTokenSplitter = (
  tokens: Iterable<readonly [text: string, token: AddedToken]>,
): AddedTokenSplitter => {
  const root: TrieNode = { next: new Map() }
  for (const [text, token] of tokens) if (text !== '') insert(root, text, token)
  return (text) => {
    const pieces: Piece[] = []
    let done = 0
    for (let at = 0; at < text.length;) {
      const found = longestAt(root, text, at)
      if (found === undefined) {
        at++
        continue
      }
      const { token, end } = found
      at = end
      const begin = end - found.length
      if (token.single_word && isInWord(text, begin, end)) continue
      const start = token.lstrip ? Math.max(done, startOfSpaces(text, begin)) : begin
      if (start > done) pieces.push(text.slice(done, start))
      pieces.push(token)
      // As in the original, tokens among the spaces that this token includes are found all the same.
      done = token.rstrip ? endOfSpaces(text, end) : end
    }
    if (done < text.length) pieces.push(text.slice(done))
    return pieces
  }
}

/** Returns whether the part of a text is beside a character of a word. Such a character has at most two code units. */
const isInWord = (text: string, begin: number, end: number): boolean =>
  WORD_BEFORE.test(text.slice(Math.max(0, begin - 2), begin)) || WORD_AFTER.test(text.slice(end))

const insert = (root: TrieNode, text: string, token: AddedToken): void => {
  let node = root
  for (let i = 0; i < text.length; i++) {
    const next = node.next.get(text[i]!) ?? { next: new Map() }
    node.next.set(text[i]!, next)
    node = next
  }
  node.token = token
}

const longestAt = (root: TrieNode, text: string, start: number) => {
  let found: { readonly token: AddedToken; readonly end: number; readonly length: number } | undefined
  let node: TrieNode | undefined = root
  for (let end = start + 1; end <= text.length; end++) {
    node = node.next.get(text[end - 1]!)
    if (node === undefined) break
    if (node.token !== undefined) found = { token: node.token, end, length: end - start }
  }
  return found
}

/** Returns where the spaces begin that end at a place. */
const startOfSpaces = (text: string, end: number): number => {
  let start = end
  while (start > 0 && SPACE.test(text[start - 1]!)) start--
  return start
}

/** Returns where the spaces end that begin at a place. */
const endOfSpaces = (text: string, start: number): number => {
  let end = start
  while (end < text.length && SPACE.test(text[end]!)) end++
  return end
}
