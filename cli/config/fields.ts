import * as t from 'io-ts'
import { didYouMean } from '../nearest.js'

/** A value that is checked and taken as it is; the name says what was expected, and `hint` may add to it. */
const checked = <A>(name: string, is: (u: unknown) => u is A, hint: (u: unknown) => string = () => ''): t.Type<A> =>
  new t.Type(
    name,
    is,
    (u, context) => (is(u) ? t.success(u) : t.failure(u, context, `${foundAndExpected(u, name)}${hint(u)}`)),
    t.identity,
  )

/** What every message of a bad value says. */
export const foundAndExpected = (found: unknown, expected: string): string =>
  `found ${written(found)}, expected ${expected}`

/** JSON has no word for what is missing, NaN and the infinities. */
const written = (found: unknown): string =>
  found === undefined ? 'nothing' : typeof found === 'number' ? String(found) : JSON.stringify(found)

const isNumber = (u: unknown): u is number => typeof u === 'number' && Number.isFinite(u)

/** A finite number for which the test holds. */
const numberThat = (name: string, holds: (x: number) => boolean): t.Type<number> =>
  checked(name, (u): u is number => isNumber(u) && holds(u))

export const finite = numberThat('a number', () => true)
export const positive = numberThat('a number > 0', (x) => x > 0)
export const nonNegative = numberThat('a number >= 0', (x) => x >= 0)
/** In (0, 1]. */
export const share = numberThat('a number > 0 and <= 1', (x) => x > 0 && x <= 1)
export const integerFrom = (least: number): t.Type<number> =>
  numberThat(`an integer >= ${least}`, (x) => Number.isInteger(x) && x >= least)

export const text = checked('a text that is not empty', (u): u is string => typeof u === 'string' && u !== '')

export const yesOrNo = checked('true or false', (u): u is boolean => typeof u === 'boolean')

/** One of the names; a near miss is told what it nearly was. */
export const oneOf = <A extends string>(names: readonly A[]): t.Type<A> =>
  checked(
    `one of ${names.join(', ')}`,
    (u): u is A => names.some((name) => name === u),
    (u) => (typeof u === 'string' ? didYouMean(u, names) : ''),
  )

/** The value, or null where `none` was said. */
export const orNone = <A>(field: t.Type<A>): t.Type<A | null> =>
  new t.Type(
    `${field.name}, or none`,
    (u): u is A | null => u === null || field.is(u),
    (u, context) =>
      u === null || field.is(u)
        ? t.success(u)
        : t.failure(u, context, foundAndExpected(u, `${field.name}, or none (null in a file)`)),
    t.identity,
  )
