import { commonDivisor, floor, isWhole, magnitude, opposite, type Rational } from '../rational.js'
import type { FunctionName } from './expression.js'
import { digitsOf, TooLarge } from './polynomial.js'

/** Largest number whose factorial is computed. */
export const LARGEST_FACTORIAL = 1000n

/** Function of fractions; null if its value is not a fraction. */
type NumberFunction = (values: readonly Rational[]) => Rational | null

const wholeNumber = (numerator: bigint): Rational => ({ numerator, denominator: 1n })

const isLess = (a: Rational, b: Rational): boolean => a.numerator * b.denominator < b.numerator * a.denominator

const wholes =
  (combine: (a: bigint, b: bigint) => bigint): NumberFunction =>
  (values) =>
    values.every(isWhole) && values.length > 0
      ? wholeNumber(values.map(({ numerator }) => magnitude(numerator)).reduce(combine))
      : null

const onFirst =
  (compute: (value: Rational) => Rational | null): NumberFunction =>
  ([value]) =>
    value === undefined ? null : compute(value)

const leastCommonMultiple = (a: bigint, b: bigint): bigint => {
  if (digitsOf(wholeNumber(a * b)) > 2000) throw new TooLarge()
  return (a * b) / commonDivisor(a, b)
}

/** Functions of fractions whose values are fractions. */
export const numberFunctions: Readonly<Partial<Record<FunctionName, NumberFunction>>> = {
  abs: onFirst(({ numerator, denominator }) => ({ numerator: magnitude(numerator), denominator })),
  floor: onFirst((value) => wholeNumber(floor(value))),
  ceil: onFirst((value) => wholeNumber(-floor(opposite(value)))),
  factorial: onFirst((value) => (isWhole(value) ? factorial(value.numerator) : null)),
  max: (values) => values.reduce((a, b) => (isLess(a, b) ? b : a)),
  min: (values) => values.reduce((a, b) => (isLess(b, a) ? b : a)),
  gcd: wholes(commonDivisor),
  lcm: wholes(leastCommonMultiple),
}

/** Returns n! as a fraction; null if n is negative or too large. */
const factorial = (n: bigint): Rational | null => {
  if (n < 0n || n > LARGEST_FACTORIAL) return null
  let value = 1n
  for (let k = 2n; k <= n; k++) value *= k
  return wholeNumber(value)
}
