import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { characterTokenizer } from '#lib/tokenizer/character-tokenizer.js'

const alphabet = '0123456789+-*/()= λ🙂'
const tokenizer = characterTokenizer(alphabet)
const characters = Array.from(alphabet)
const anyText = fc.string({ unit: fc.constantFrom(...characters) })

describe('characterTokenizer', () => {
  test.prop([anyText])('decodes what it encoded, one token per character', (text) => {
    const tokens = tokenizer.encode(text)
    expect(tokens).toHaveLength(Array.from(text).length)
    expect(tokenizer.decode(tokens)).toBe(text)
    expect(tokenizer.decode(Int32Array.from(tokens))).toBe(text)
  })

  test.prop([fc.array(fc.integer({ min: 1, max: characters.length }))])('encodes what it decoded', (tokens) => {
    expect(tokenizer.encode(tokenizer.decode(tokens))).toEqual(tokens)
  })

  it('numbers the alphabet from 1; 0 ends a completion', () => {
    const abc = characterTokenizer('abc')
    expect(abc).toMatchObject({ vocabulary: 4, ends: [0] })
    expect(abc.encode('cab')).toEqual([3, 1, 2])
  })

  it('counts a character outside the 16-bit range as one', () => {
    expect(tokenizer.vocabulary).toBe(21)
    expect(tokenizer.encode('🙂λ')).toEqual([20, 19])
  })

  it('has no text for the token that ends a completion', () => {
    expect(characterTokenizer('ab').decode([1, 0, 2, 0])).toBe('ab')
    expect(characterTokenizer('').decode([0])).toBe('')
  })

  it('rejects a character outside the alphabet, and names its place', () => {
    expect(() => characterTokenizer('ab').encode('abc')).toThrow(
      new RangeError('text[2]: found "c", expected one of "ab"'),
    )
  })

  it.each([3, -1, 0.5, NaN])('rejects %s as a token', (id) => {
    expect(() => characterTokenizer('ab').decode([1, id])).toThrow(
      new RangeError(`token: found ${id}, expected an integer in 0..2`),
    )
  })

  it('rejects an alphabet with a repeated character', () => {
    expect(() => characterTokenizer('aba')).toThrow(new RangeError('alphabet: found a character twice in "aba"'))
  })
})
