import type { Tokenizer } from './tokenizer.js'

/**
 * Creates a tokenizer with one token per character of an alphabet: id 0 ends a completion, character i of the alphabet has
 * id i + 1.
 *
 * @errors throws RangeError for an alphabet with a repeated character
 * @example
 * characterTokenizer('abc').encode('cab') // [3, 1, 2]
 */
export const characterTokenizer = (alphabet: string): Tokenizer => {
  const characters = ['', ...Array.from(alphabet)]
  const ids = new Map(characters.map((character, id) => [character, id]))
  if (ids.size !== characters.length) throw new RangeError(`alphabet: found a character twice in "${alphabet}"`)
  const idOf = (character: string, at: number): number => {
    const id = ids.get(character)
    if (id === undefined) throw new RangeError(`text[${at}]: found "${character}", expected one of "${alphabet}"`)
    return id
  }
  const characterOf = (id: number): string => {
    const character = characters[id]
    if (character === undefined)
      throw new RangeError(`token: found ${id}, expected an integer in 0..${characters.length - 1}`)
    return character
  }
  return {
    vocabulary: characters.length,
    ends: [0],
    encode: (text) => Array.from(text, idOf),
    decode: (tokens) => Array.from(tokens, characterOf).join(''),
  }
}
