import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { expect } from 'vitest'
import { describeErrors } from '#lib/codec/describe-errors.js'

/** A value after it is written to JSON and read. */
export const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Registers the laws of a codec as tests of the describe block that calls it. */
export const keepsTheCodecLaws = <A, O>(codec: t.Type<A, O>, any: fc.Arbitrary<A>): void => {
  test.prop([any])('decodes from JSON the value that it encoded, and recognises it', (value) => {
    expect(codec.is(value)).toBe(true)
    expect(codec.decode(throughJson(codec.encode(value)))).toEqual(E.right(value))
  })

  test.prop([any])('encodes to plain JSON data without loss', (value) => {
    expect(throughJson(codec.encode(value))).toEqual(codec.encode(value))
  })

  test.prop([fc.jsonValue()])('recognises every value that it decodes', (any) => {
    const decoded = codec.decode(any)
    if (E.isRight(decoded)) expect(codec.is(decoded.right)).toBe(true)
  })
}

/** The errors of an encoded value in which some fields are changed. */
export const complaints = <A, O>(codec: t.Type<A, O>, value: A, but: Readonly<Record<string, unknown>>) =>
  errorsOf(codec.decode({ ...(throughJson(codec.encode(value)) as object), ...but }))

/** The errors of a decoded value; none if it was accepted. */
export const errorsOf = (decoded: t.Validation<unknown>): readonly string[] =>
  E.isLeft(decoded) ? describeErrors(decoded.left) : []
