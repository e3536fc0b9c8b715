import {
  floor,
  isWhole,
  magnitude,
  ONE,
  opposite,
  over,
  plus,
  type Rational,
  rationalText,
  times,
  ZERO,
} from '../rational.js'
import type { Expression } from './expression.js'

/**
 * Part of an expression that a polynomial treats as a variable.
 *
 *     variable   a letter
 *     constant   e or \pi
 *     unit       the imaginary unit: i^2 = -1
 *     prime      a whole number above 1 whose powers have exponents in [0, 1)
 *     whole      a polynomial that is raised to a fractional power
 *     opaque     any other part, such as \sin x
 */
export interface Atom {
  readonly key: string
  readonly kind: 'variable' | 'constant' | 'unit' | 'prime' | 'whole' | 'opaque'
  /** Builds the expression of a power of the atom. */
  readonly power: (exponent: Rational) => Expression
  /** Value of a prime. */
  readonly prime?: bigint
  /** Polynomial that a whole atom stands for. */
  readonly polynomial?: Polynomial
}

/** Power of an atom in a term. */
export interface Factor {
  readonly atom: Atom
  readonly exponent: Rational
}

/** Term of a polynomial: a coefficient, and powers of atoms by their key. */
export interface Term {
  readonly coefficient: Rational
  readonly factors: ReadonlyMap<string, Factor>
}

/** Sum of terms with exact coefficients by the key of their factors. Exponents may be negative or fractions. */
export type Polynomial = ReadonlyMap<string, Term>

/** Ends a computation whose exact result would be too large. */
export class TooLarge extends Error {}

/** Largest number of terms of a product before equal ones are added. */
const MOST_TERMS = 20_000

/** Largest number of digits of a coefficient. */
const MOST_DIGITS = 4000

export const constant = (value: Rational): Polynomial =>
  value.numerator === 0n ? new Map() : new Map([['', { coefficient: value, factors: new Map() }]])

/** Polynomial that is a power of one atom. */
export const atomPower = (atom: Atom, exponent: Rational = ONE): Polynomial =>
  exponent.numerator === 0n ? constant(ONE) : simplified(ONE, new Map([[atom.key, { atom, exponent }]]))

export const isZero = (a: Polynomial): boolean => a.size === 0

/** Returns the value of a polynomial without atoms; null for any other. */
export const constantOf = (a: Polynomial): Rational | null =>
  a.size === 0 ? ZERO : a.size === 1 ? (a.get('')?.coefficient ?? null) : null

/** Returns the only term of a polynomial; null if it has none or several. */
export const onlyTerm = (a: Polynomial): Term | null => (a.size === 1 ? [...a.values()][0]! : null)

export const addPolynomials = (a: Polynomial, b: Polynomial): Polynomial => {
  const result = new Map(a)
  for (const [key, term] of b) addTerm(result, key, term)
  return result
}

const addTerm = (to: Map<string, Term>, key: string, term: Term): void => {
  const known = to.get(key)
  const coefficient = known === undefined ? term.coefficient : plus(known.coefficient, term.coefficient)
  if (coefficient.numerator === 0n) to.delete(key)
  else to.set(key, { coefficient, factors: term.factors })
}

export const scale = (a: Polynomial, by: Rational): Polynomial =>
  by.numerator === 0n
    ? new Map()
    : new Map([...a].map(([key, { coefficient, factors }]) => [key, { coefficient: times(coefficient, by), factors }]))

export const subtractPolynomials = (a: Polynomial, b: Polynomial): Polynomial =>
  addPolynomials(a, scale(b, opposite(ONE)))

/** @errors throws TooLarge */
export const multiplyPolynomials = (a: Polynomial, b: Polynomial): Polynomial => {
  if (a.size * b.size > MOST_TERMS) throw new TooLarge()
  const result = new Map<string, Term>()
  for (const one of a.values())
    for (const other of b.values()) for (const [key, term] of multiplyTerms(one, other)) addTerm(result, key, term)
  return result
}

const multiplyTerms = (a: Term, b: Term): Polynomial => {
  const factors = new Map(a.factors)
  for (const [key, { atom, exponent }] of b.factors) {
    const total = plus(factors.get(key)?.exponent ?? ZERO, exponent)
    if (total.numerator === 0n) factors.delete(key)
    else factors.set(key, { atom, exponent: total })
  }
  return simplified(bounded(times(a.coefficient, b.coefficient)), factors)
}

const bounded = (value: Rational): Rational => {
  if (digitsOf(value) > MOST_DIGITS) throw new TooLarge()
  return value
}

/** Returns about how many digits a fraction has. */
export const digitsOf = ({ numerator, denominator }: Rational): number =>
  (magnitude(numerator).toString(16).length + denominator.toString(16).length) * 1.21

/** Makes a polynomial of one term. Powers of primes, of the imaginary unit and of polynomials are simplified. */
const simplified = (coefficient: Rational, factors: Map<string, Factor>): Polynomial => {
  let [value, rest]: [Rational, Polynomial | null] = [coefficient, null]
  for (const [key, { atom, exponent }] of [...factors]) {
    const keep = (left: Rational) =>
      left.numerator === 0n ? factors.delete(key) : factors.set(key, { atom, exponent: left })
    const whole = floor(exponent)
    if (atom.kind === 'prime' && whole !== 0n) {
      const folded = powerOf({ numerator: atom.prime!, denominator: 1n }, whole)
      if (folded === null) {
        // A power with too many digits stays as it is. It takes the factors of the coefficient with the same base.
        const { count, rest: left } = withoutFactor(value, atom.prime!)
        value = left
        keep(plus(exponent, { numerator: count, denominator: 1n }))
        continue
      }
      value = bounded(times(value, folded))
      keep(plus(exponent, { numerator: -whole, denominator: 1n }))
    } else if (atom.kind === 'unit') {
      const turns = floor({ numerator: exponent.numerator, denominator: exponent.denominator * 2n })
      if (turns % 2n !== 0n) value = opposite(value)
      keep(plus(exponent, { numerator: -2n * turns, denominator: 1n }))
    } else if (atom.kind === 'whole' && whole > 0n) {
      keep(plus(exponent, { numerator: -whole, denominator: 1n }))
      rest = multiplyPolynomials(rest ?? constant(ONE), powerOfPolynomial(atom.polynomial!, whole))
    }
  }
  const term: Polynomial =
    value.numerator === 0n ? new Map() : new Map([[keyOfFactors(factors), { coefficient: value, factors }]])
  return rest === null ? term : multiplyPolynomials(term, rest)
}

/** Splits a fraction into a power of a whole number and a rest without this factor. */
const withoutFactor = (value: Rational, factor: bigint): { readonly count: bigint; readonly rest: Rational } => {
  let { numerator, denominator } = value
  let count = 0n
  for (; numerator !== 0n && numerator % factor === 0n; numerator /= factor) count++
  for (; denominator % factor === 0n; denominator /= factor) count--
  return { count, rest: { numerator, denominator } }
}

const keyOfFactors = (factors: ReadonlyMap<string, Factor>): string =>
  [...factors]
    .map(([key, { exponent }]) => `${key}^${rationalText(exponent)}`)
    .sort()
    .join('*')

/** Returns a whole power of a fraction; null if it is 1 / 0 or has too many digits. */
export const powerOf = (base: Rational, exponent: bigint): Rational | null => {
  if (isSameAsOne(base) || exponent === 0n) return ONE
  if (base.numerator === -1n && base.denominator === 1n) return exponent % 2n === 0n ? ONE : base
  if (base.numerator === 0n) return exponent > 0n ? ZERO : null
  if (Number(magnitude(exponent)) * digitsOf(base) > 2 * MOST_DIGITS) return null
  const from = exponent < 0n ? over(ONE, base)! : base
  const size = magnitude(exponent)
  return { numerator: from.numerator ** size, denominator: from.denominator ** size }
}

const isSameAsOne = ({ numerator, denominator }: Rational): boolean => numerator === denominator

/** Returns a power of a polynomial with an exponent of 0 or more. @errors throws TooLarge */
export const powerOfPolynomial = (base: Polynomial, exponent: bigint): Polynomial => {
  const term = onlyTerm(base)
  if (term !== null) return powerOfTerm(term, exponent)
  if (exponent > 500n) throw new TooLarge()
  let [result, square] = [constant(ONE), base]
  for (let left = exponent; left > 0n; left /= 2n) {
    if (left % 2n === 1n) result = multiplyPolynomials(result, square)
    if (left > 1n) square = multiplyPolynomials(square, square)
  }
  return result
}

/** Returns a whole power of a term; the exponent may be negative. @errors throws TooLarge */
export const powerOfTerm = ({ coefficient, factors }: Term, exponent: bigint): Polynomial => {
  const value = powerOf(coefficient, exponent)
  if (value === null) throw new TooLarge()
  const by: Rational = { numerator: exponent, denominator: 1n }
  return simplified(
    value,
    new Map(
      [...factors].flatMap(([key, { atom, exponent: each }]) =>
        exponent === 0n ? [] : [[key, { atom, exponent: times(each, by) }] as const],
      ),
    ),
  )
}

/** Returns a text that only polynomials with the same terms have. */
export const keyOfPolynomial = (a: Polynomial): string =>
  [...a]
    .map(([key, { coefficient }]) => `${rationalText(coefficient)}*${key}`)
    .sort()
    .join('+')

/** Returns whether a polynomial has whole powers of variables only. Then it is 0 everywhere only if it has no terms. */
export const isPlain = (a: Polynomial): boolean =>
  [...a.values()].every(({ factors }) =>
    [...factors.values()].every(({ atom, exponent }) => atom.kind === 'variable' && isWhole(exponent)),
  )
