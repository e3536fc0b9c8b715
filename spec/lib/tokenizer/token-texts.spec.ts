import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { tokenTexts } from '#lib/tokenizer/token-texts.js'

/** Tokenizer with one token per byte; 256 ends a completion. */
const bytes = {
  decode: (tokens: ArrayLike<number>) =>
    new TextDecoder().decode(Uint8Array.from(Array.from(tokens).filter((id) => id < 256))),
}
const tokensOf = (text: string) => [...new TextEncoder().encode(text)]

describe('tokenTexts', () => {
  it('gives every token its text, and no text for the token that ends a completion', () => {
    expect(tokenTexts(bytes, [...tokensOf('1+2'), 256])).toEqual(['1', '+', '2', ''])
  })

  it('gives a character of several tokens to the last of them', () => {
    expect(tokenTexts(bytes, tokensOf('é∑🙂!'))).toEqual(['', 'é', '', '', '∑', '', '', '', '🙂', '!'])
  })

  it('does not wait for more than four bytes of a character', () => {
    expect(tokenTexts(bytes, [0xf0, 0x9f, 0x41, 0x42]).join('')).toBe('\ufffdAB')
    expect(tokenTexts(bytes, [0x41, 0xf0, 0x9f])).toEqual(['A', '', '\ufffd'])
    expect(tokenTexts(bytes, new Array<number>(9).fill(0xff))).toHaveLength(9)
  })

  test.prop([fc.string({ unit: 'grapheme' })])('join to the text', (text) => {
    const texts = tokenTexts(bytes, tokensOf(text))
    expect(texts.join('')).toBe(text)
    expect(texts).toHaveLength(tokensOf(text).length)
  })
})
