import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** Codec of the numbers for which `fits` holds; `name` is the expectation in error messages. */
export const numberThat = (name: string, fits: (x: number) => boolean): t.Type<number> => {
  const is = (u: unknown): u is number => typeof u === 'number' && fits(u)
  return new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)
}

/** Words for numbers that JSON has no numeral for. `Number(word)` reads them, and so does Python's `float(word)`. */
const words = ['NaN', 'Infinity', '-Infinity', '-0'] as const

/** A number in JSON: a numeral, or a word where JSON would write null or 0. */
export type NumberJson = number | (typeof words)[number]

/** Codec of numbers that survive JSON to the last bit, see {@link NumberJson}. */
export const jsonNumberThat = (name: string, fits: (x: number) => boolean): t.Type<number, NumberJson> => {
  const number = numberThat(name, fits)
  return new t.Type(
    name,
    number.is,
    (input, context) =>
      pipe(
        number.validate(words.some((word) => word === input) ? Number(input) : input, context),
        E.orElse(() => t.failure<number>(input, context)),
      ),
    (x) => words.find((word) => Object.is(Number(word), x)) ?? x,
  )
}

/** Codec of any number. */
export const NumberCodec = jsonNumberThat('number', () => true)

/** Codec of ids, versions, positions and counts. */
export const CountCodec = jsonNumberThat('non-negative integer', (x) => Number.isSafeInteger(x) && x >= 0)

/** Codec of token ids and other elements of an `Int32Array`. */
export const Int32Codec = jsonNumberThat('int32', (x) => (x | 0) === x)
