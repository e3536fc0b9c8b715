import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** Numbers that JSON has no numeral for; `Number(word)` reads them, and so does Python's `float(word)`. */
const words = ['NaN', 'Infinity', '-Infinity', '-0'] as const

/** A number as it stands in JSON: itself, or a word for what JSON would turn into null or 0. */
export type NumberJson = number | (typeof words)[number]

/** Numbers of some kind; `name` is what a message expects. */
export const numberThat = (name: string, fits: (x: number) => boolean): t.Type<number, NumberJson> =>
  new t.Type(
    name,
    (input): input is number => t.number.is(input) && fits(input),
    (input, context) =>
      pipe(
        t.number.validate(words.some((word) => word === input) ? Number(input) : input, context),
        E.chain((x) => (fits(x) ? t.success(x) : t.failure(input, context))),
      ),
    (x) => words.find((word) => Object.is(Number(word), x)) ?? x,
  )

/** Any number: it survives JSON to the last bit. */
export const NumberCodec = numberThat('number', () => true)

/** Ids, versions, positions and counts. */
export const CountCodec = numberThat('non-negative integer', (x) => Number.isSafeInteger(x) && x >= 0)

/** A token id, or another element of an `Int32Array`. */
export const Int32Codec = numberThat('int32', (x) => (x | 0) === x)
