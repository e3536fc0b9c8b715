import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { expect } from 'vitest'
import { describeErrors } from '#lib/codec/describe-errors.js'

/** What a file or a wire makes of a value. */
export const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Registers the laws of a codec as tests of the describe block that calls it. */
export const keepsTheCodecLaws = <A, O>(codec: t.Type<A, O>, any: fc.Arbitrary<A>): void => {
  test.prop([any])('reads back from JSON what it wrote, and knows it as its own', (value) => {
    expect(codec.is(value)).toBe(true)
    expect(codec.decode(throughJson(codec.encode(value)))).toEqual(E.right(value))
  })

  test.prop([any])('writes plain JSON data, in which nothing is lost', (value) => {
    expect(throughJson(codec.encode(value))).toEqual(codec.encode(value))
  })

  test.prop([fc.jsonValue()])('knows what it takes of any JSON', (any) => {
    const decoded = codec.decode(any)
    if (E.isRight(decoded)) expect(codec.is(decoded.right)).toBe(true)
  })
}

/** What the codec says of an encoded value in which some fields were changed. */
export const complaints = <A, O>(codec: t.Type<A, O>, value: A, but: Readonly<Record<string, unknown>>) =>
  errorsOf(codec.decode({ ...(throughJson(codec.encode(value)) as object), ...but }))

/** The errors of a decoded value; none if it was accepted. */
export const errorsOf = (decoded: t.Validation<unknown>): readonly string[] =>
  E.isLeft(decoded) ? describeErrors(decoded.left) : []
