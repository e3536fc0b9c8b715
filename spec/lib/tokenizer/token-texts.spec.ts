import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { tokenTexts } from '#lib/tokenizer/token-texts.js'

/** A token a byte, as byte-level tokenizers have them; 256 ends a completion. */
const bytes = {
  decode: (tokens: ArrayLike<number>) =>
    new TextDecoder().decode(Uint8Array.from(Array.from(tokens).filter((id) => id < 256))),
}
const tokensOf = (text: string) => [...new TextEncoder().encode(text)]

describe('tokenTexts', () => {
  it('gives every token its text, and what ends a completion none', () => {
    expect(tokenTexts(bytes, [...tokensOf('1+2'), 256])).toEqual(['1', '+', '2', ''])
  })

  it('gives a character that is spread over tokens to the last of them', () => {
    expect(tokenTexts(bytes, tokensOf('é∑🙂!'))).toEqual(['', 'é', '', '', '∑', '', '', '', '🙂', '!'])
  })

  it('does not wait for the rest of a character for ever', () => {
    expect(tokenTexts(bytes, [0xf0, 0x9f, 0x41, 0x42]).join('')).toBe('\ufffdAB')
    expect(tokenTexts(bytes, [0x41, 0xf0, 0x9f])).toEqual(['A', '', '\ufffd'])
    expect(tokenTexts(bytes, new Array<number>(9).fill(0xff))).toHaveLength(9)
  })

  test.prop([fc.string({ unit: 'grapheme' })])('together they are the text', (text) => {
    const texts = tokenTexts(bytes, tokensOf(text))
    expect(texts.join('')).toBe(text)
    expect(texts).toHaveLength(tokensOf(text).length)
  })
})
