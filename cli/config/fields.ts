import * as t from 'io-ts'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import * as rules from '../../lib/option.js'
import { didYouMean } from '../nearest.js'

/** Codec of values that decode to themselves. `name` is the expectation in error messages; `hint` may add a remedy. */
const valueThat = <A>(name: string, is: (u: unknown) => u is A, hint: (u: unknown) => string = () => ''): t.Type<A> =>
  new t.Type(
    name,
    is,
    (u, context) => (is(u) ? t.success(u) : t.failure(u, context, `${foundAndExpected(u, name)}${hint(u)}`)),
    t.identity,
  )

/** Codec of the numbers that a rule for options in code accepts. Engines compute with 32 bits, so a number that is infinite or 0 there does not fit. */
const numberField = ({ expected, holds }: rules.Rule): t.Type<number> => {
  const fitsAnyWidth = (u: unknown): u is number => Number.isFinite(u) && holds(u)
  const fitsFloat32 = (u: unknown): u is number =>
    fitsAnyWidth(u) && Number.isFinite(Math.fround(u)) && holds(Math.fround(u))
  return valueThat(expected, fitsFloat32, (u) => (fitsAnyWidth(u) ? ' within the range of float32' : ''))
}

export const finite = numberField(rules.finite)
export const positive = numberField(rules.positive)
export const nonNegative = numberField(rules.nonNegative)
/** Number in (0, 1]. */
export const share = numberField(rules.share)
/** Number in [0, 1). */
export const belowOne = numberField(rules.decay)
/** Time that a timer can wait. @units ms */
export const milliseconds = valueThat(rules.timerDelay.expected, rules.timerDelay.holds)

/** Time that a timer can wait. @units seconds */
export const seconds = valueThat(rules.timerSeconds.expected, rules.timerSeconds.holds)

/** Maximum of a count. Engines index with 32 bits. */
const MAX_COUNT = 2 ** 31 - 1

/** Integer in a range. The largest integers of a number are not exact, so none above 2^53 fits. */
export const integerFrom = (least: number, most = MAX_COUNT): t.Type<number> => {
  const { expected, holds } = rules.integerFrom(least)
  return valueThat(
    expected,
    (u): u is number => holds(u) && u <= most,
    (u) => (typeof u === 'number' && u > most ? ` and <= ${most}` : ''),
  )
}

/** Random seed. */
export const seed = integerFrom(0, Number.MAX_SAFE_INTEGER)

export const text = valueThat('a text that is not empty', (u): u is string => typeof u === 'string' && u !== '')

/** GPU by its number, or by the name of its adapter. */
export const gpu = valueThat(rules.gpuChoice.expected, rules.gpuChoice.holds)

export const yesOrNo = valueThat('true or false', (u): u is boolean => typeof u === 'boolean')

/** Suggests the nearest of some names for a misspelt one, as the end of an error message. */
const nearestOf =
  (names: readonly string[]) =>
  (u: unknown): string =>
    typeof u === 'string' ? didYouMean(u, names) : ''

/** One of some names. The error of a misspelt name suggests the nearest one. */
export const oneOf = <A extends string>(names: readonly A[]): t.Type<A> =>
  valueThat(`one of ${names.join(', ')}`, (u): u is A => names.some((name) => name === u), nearestOf(names))

/** List of values; it may be empty. */
export const listOf = <A>(field: t.Type<A>): t.Type<readonly A[]> =>
  valueThat(`a list, each ${field.name}`, (u): u is readonly A[] => Array.isArray(u) && u.every((one) => field.is(one)))

/** One or more of some names, each at most once. */
export const someOf = <A extends string>(names: readonly A[]): t.Type<readonly A[]> =>
  valueThat(
    `some of ${names.join(', ')}`,
    (u): u is readonly A[] =>
      Array.isArray(u) &&
      u.length > 0 &&
      new Set(u).size === u.length &&
      u.every((name) => names.some((n) => n === name)),
  )

/** One of some names, or null, which a flag writes as `none`. */
export const oneOfOrNone = <A extends string>(names: readonly A[]): t.Type<A | null> =>
  orNone(oneOf(names), nearestOf(names))

/** Value or null, which a flag writes as `none`; `hint` may add a remedy to the error. */
export const orNone = <A>(field: t.Type<A>, hint: (u: unknown) => string = () => ''): t.Type<A | null> =>
  new t.Type(
    `${field.name}, or none`,
    (u): u is A | null => u === null || field.is(u),
    (u, context) =>
      u === null || field.is(u)
        ? t.success(u)
        : t.failure(u, context, foundAndExpected(u, `${field.name}, or none (null in a file)`) + hint(u)),
    t.identity,
  )

/** Value, or `auto`. */
export const orAuto = <A>(field: t.Type<A>): t.Type<A | 'auto'> =>
  valueThat(`${field.name}, or auto`, (u): u is A | 'auto' => u === 'auto' || field.is(u))
