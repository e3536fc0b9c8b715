import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, test } from 'vitest'
import { CountCodec, Int32Codec, NumberCodec } from '#lib/codec/number.js'
import { throughJson } from './value/laws.js'

describe('NumberCodec', () => {
  it.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [-0, '-0'],
  ])('writes %d as a word', (x, word) => {
    expect(NumberCodec.encode(x)).toBe(word)
    expect(NumberCodec.decode(word)).toEqual(E.right(x))
  })

  test('every other number is itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        if (!Object.is(x, -0)) expect(NumberCodec.encode(x)).toBe(x)
        expect(NumberCodec.decode(throughJson(NumberCodec.encode(x)))).toEqual(E.right(x))
      }),
    )
  })

  it.each(['1', '', 'nan', '+Infinity', null, undefined, true, [1]])('refuses %j', (input) => {
    expect(E.isLeft(NumberCodec.decode(input))).toBe(true)
  })
})

describe.each([
  { name: 'CountCodec', codec: CountCodec, takes: [0, 7, 2 ** 53 - 1], refuses: [-1, 0.5, 2 ** 53, 'NaN', 'Infinity'] },
  { name: 'Int32Codec', codec: Int32Codec, takes: [0, -7, 2 ** 31 - 1], refuses: [0.5, 2 ** 31, 'NaN', '-Infinity'] },
])('$name', ({ codec, takes, refuses }) => {
  it.each(takes)('takes %d', (x) => {
    expect(codec.decode(x)).toEqual(E.right(x))
  })

  it.each(refuses)('refuses %s', (x) => {
    expect(E.isLeft(codec.decode(x))).toBe(true)
    expect(codec.is(Number(x))).toBe(false)
  })
})
