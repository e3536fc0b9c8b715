import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { Float32ArrayCodec, Int32ArrayCodec, MaskCodec } from '#lib/codec/typed-array.js'
import { keepsTheCodecLaws } from './value/laws.js'

describe('Float32ArrayCodec', () => {
  it('encodes numbers, and words for numbers without a JSON numeral', () => {
    expect(Float32ArrayCodec.encode(Float32Array.of(0.5, NaN, -Infinity, -0))).toEqual([0.5, 'NaN', '-Infinity', '-0'])
  })

  it('rounds to float32, and refuses a number that is too large', () => {
    expect(Float32ArrayCodec.decode([0.1])).toEqual(E.right(Float32Array.of(0.1)))
    expect(E.isLeft(Float32ArrayCodec.decode([1e39]))).toBe(true)
  })
})

describe.each([
  { name: 'Int32ArrayCodec', codec: Int32ArrayCodec, refused: [[2 ** 31], [0.5], ['NaN'], '12', { length: 0 }] },
  { name: 'MaskCodec', codec: MaskCodec, refused: [[2], [-1], [0.5], [true], null] },
])('$name', ({ codec, refused }) => {
  it.each(refused)('refuses %j and does not wrap it', (input) => {
    expect(E.isLeft(codec.decode(input))).toBe(true)
  })
})

describe('round trips', () => {
  describe('of floats', () => keepsTheCodecLaws(Float32ArrayCodec, fc.float32Array()))
  describe('of tokens', () => keepsTheCodecLaws(Int32ArrayCodec, fc.int32Array()))
  describe('of masks', () => keepsTheCodecLaws(MaskCodec, fc.uint8Array({ max: 1 })))
})

it('refuses a typed array of another kind', () => {
  expect(MaskCodec.is(Uint8Array.of(0, 1))).toBe(true)
  expect(MaskCodec.is(Uint8Array.of(0, 2))).toBe(false)
  expect(MaskCodec.is([0, 1])).toBe(false)
  expect(Int32ArrayCodec.is(Uint8Array.of(0, 1))).toBe(false)
})
