import { isSame, over, type Rational } from '../rational.js'
import { type Approximation, Arithmetic, isNonzero } from './arithmetic.js'
import { evaluate, type Point } from './evaluate.js'
import { differenceOfForms, expressionOf, valueOfForm } from './exact-form.js'
import { difference, type Expression, hasPart, numbersIn, sum, variablesOf } from './expression.js'
import { type Parsed, parsed } from './parsed.js'
import { pointOf } from './points.js'
import { constantOf, isPlain, isZero, type Polynomial, scale, subtractPolynomials } from './polynomial.js'

/**
 * Returns whether two expressions in normal form are equal. An expression that cannot be read equals no other.
 *
 * The difference is computed exactly, as a polynomial in the variables, radicals and functions of both. If no term
 * is left, they are equal. A polynomial with terms is 0 for some functions only, as in sin^2 x + cos^2 x - 1. It is
 * then evaluated at random points of several magnitudes at which both expressions have values, and 0 is what does
 * not exceed the rounding error of its terms at 60, 160 and 400 digits.
 */
export const isEqual = (left: string, right: string): boolean => {
  const [a, b] = [parsed(left), parsed(right)]
  if (a === null || b === null) return false
  const exact = a.form === null || b.form === null ? null : differenceOfForms(a.form, b.form)
  if (exact !== null && isZero(exact)) return true
  if ((exact !== null && isPlain(exact)) || haveOtherValues(a, b)) return false
  if (exact !== null) return vanishes(expressionOf(exact), [a, b])
  const distance = difference(a.expression, b.expression)
  // A number that is too large to be exact may differ in a digit that is not computed.
  return variablesOf(distance).size > 0 && vanishes(distance, [a, b])
}

/** Returns whether two expressions are numbers that certainly differ. */
const haveOtherValues = (a: Parsed, b: Parsed): boolean => {
  const [x, y] = [a.value(), b.value()]
  if (x === null || y === null) return false
  const arithmetic = new Arithmetic(60, () => undefined)
  return isNonzero(arithmetic.add(x, arithmetic.negate(y)))
}

/** Returns whether two constant expressions differ by half a unit of a decimal place, or less. */
export const isEqualTo = (left: string, right: string, places: number): boolean => {
  const [a, b] = [parsed(left), parsed(right)]
  if (a === null || b === null) return false
  const distance = difference(a.expression, b.expression)
  if (variablesOf(distance).size > 0) return false
  const value = evaluate(distance, NOWHERE, { digits: 60, staysReal: false })
  return value !== null && value.im.abs().lte(value.error) && value.re.abs().times(2).times(`1e${places}`).lte(1)
}

/**
 * Returns the sign of k if a = k b for a constant k and all values of the variables. Null if there is no such k, if it is
 * 0, or if its sign is not clear.
 */
export const signOfRatio = (left: string, right: string): 1 | -1 | null => {
  const [a, b] = [parsed(left), parsed(right)]
  if (a === null || b === null) return null
  const exact = exactRatio(a, b)
  if (exact !== undefined) return exact
  const pairs = first(valuesAt([a.expression, b.expression], [a, b], 60), POINTS)
  const [pair] = pairs
  if (pair === undefined || pairs.length < ENOUGH) return null
  const [x, y] = pair
  const arithmetic = new Arithmetic(60, () => undefined)
  const holds = pairs.every(
    ([u, v]) => !isNonzero(arithmetic.add(arithmetic.multiply(u!, y!), arithmetic.negate(arithmetic.multiply(v!, x!)))),
  )
  if (!holds || !isNonzero(x!) || !isNonzero(y!)) return null
  const k = arithmetic.multiply(x!, arithmetic.inverse(y!))
  return k.im.abs().gt(k.error) ? null : k.re.gt(0) ? 1 : -1
}

/** Returns the sign of the ratio of two polynomials; undefined if it is not known exactly. A constant denominator is 1. */
const exactRatio = ({ form: a }: Parsed, { form: b }: Parsed): 1 | -1 | null | undefined => {
  if (a === null || b === null || constantOf(a.below) === null || constantOf(b.below) === null) return undefined
  const [p, q]: readonly Polynomial[] = [a.above, b.above]
  const [key, term] = [...p!][0] ?? []
  if (isZero(q!) || key === undefined || term === undefined) return null
  const other = q!.get(key)
  const k = other === undefined ? null : over(term.coefficient, other.coefficient)
  if (k !== null && isZero(subtractPolynomials(p!, scale(q!, k)))) return k.numerator > 0n ? 1 : -1
  return isPlain(p!) && isPlain(q!) ? null : undefined
}

/** Returns whether an expression can be read and has a value, or values at some points. */
export const hasValue = (latex: string): boolean => {
  const found = parsed(latex)
  if (found === null) return false
  const { expression, form } = found
  const isKnown = form !== null && (valueOfForm(form) !== null || variablesOf(expression).size > 0)
  return isKnown || isInfinite(expression) || first(valuesAt([expression], [found], 30), 1).length > 0
}

const isInfinite = (expression: Expression): boolean =>
  hasPart(expression, (part) => part.kind === 'symbol' && part.name === '\\infty')

const NOWHERE: Point = new Map()

/** Least number of points at which expressions with variables must have values. */
const ENOUGH = 3

/** Number of points at which they are compared. */
const POINTS = 6

/** Number of points for expressions that are defined piece by piece, such as |x|. */
const PIECEWISE_POINTS = 24

/** Number of points that are tried, and how many of them may be without values before the first that has some. */
const ATTEMPTS = 120
const FRUITLESS = 50

/** Returns whether an expression is 0 wherever the sources of it have values. */
const vanishes = (expression: Expression, sources: readonly Parsed[]): boolean => {
  const wanted = sources.some((source) => isPiecewise(source.expression)) ? PIECEWISE_POINTS : POINTS
  const enough = variablesOf(expression).size > 0 ? ENOUGH : 1
  const all = [expression, ...sources.map((source) => source.expression)]
  const isZeroAt = (digits: number, most: number, least: number) => {
    let count = 0
    for (const [value] of valuesAt(all, sources, digits)) {
      if (isNonzero(value!)) return false
      if (++count === most) return true
    }
    return count >= least
  }
  return isZeroAt(60, wanted, enough) && isZeroAt(160, 1, 1) && isZeroAt(400, 1, 1)
}

/** Returns whether an expression has a part whose derivative jumps: an absolute value, or a root of a square. */
const isPiecewise = (expression: Expression): boolean =>
  hasPart(
    expression,
    (part) =>
      (part.kind === 'call' && piecewise.has(part.name)) ||
      (part.kind === 'power' && part.exponent.kind === 'number' && part.exponent.value.denominator !== 1n),
  )

const piecewise: ReadonlySet<string> = new Set(['abs', 'floor', 'ceil', 'max', 'min', 'root'])

/** Values of several expressions at the points at which all of them have one. */
function* valuesAt(
  expressions: readonly Expression[],
  sources: readonly Parsed[],
  digits: number,
): Generator<readonly Approximation[]> {
  const whole = sum(...expressions)
  const names = variablesOf(whole)
  const isImaginary = hasPart(whole, (part) => part.kind === 'symbol' && part.name === 'i')
  const written = distinct(sources.flatMap((source) => numbersIn(source.expression)))
  const options = { digits, staysReal: names.size > 0 && !isImaginary }
  let hasFound = false
  for (let attempt = 0; attempt < (names.size === 0 ? 1 : hasFound ? ATTEMPTS : FRUITLESS); attempt++) {
    const point = names.size === 0 ? NOWHERE : pointOf(names, written, attempt)
    const values: Approximation[] = []
    for (const expression of expressions) {
      const value = evaluate(expression, point, options)
      if (value === null) break
      values.push(value)
    }
    if (values.length < expressions.length) continue
    hasFound = true
    yield values
  }
}

/** Returns the first items, at most `count`. */
const first = <A>(items: Iterable<A>, count: number): readonly A[] => {
  const found: A[] = []
  for (const item of items) {
    found.push(item)
    if (found.length === count) break
  }
  return found
}

const distinct = (values: readonly Rational[]): readonly Rational[] =>
  values.filter((value, i) => values.findIndex((other) => isSame(value, other)) === i).slice(0, 20)
