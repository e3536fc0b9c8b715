import {
  commonDivisor,
  isWhole,
  magnitude,
  ONE,
  opposite,
  over,
  rational,
  type Rational,
  rationalText,
  times,
} from '../rational.js'
import {
  call,
  type Expression,
  fraction,
  type FunctionName,
  number,
  power,
  product,
  sum,
  symbol,
} from './expression.js'
import { numberFunctions } from './number-functions.js'
import {
  addPolynomials,
  type Atom,
  atomPower,
  constant,
  constantOf,
  isZero,
  keyOfPolynomial,
  multiplyPolynomials,
  onlyTerm,
  type Polynomial,
  powerOf,
  powerOfPolynomial,
  powerOfTerm,
  scale,
  subtractPolynomials,
  type Term,
  TooLarge,
} from './polynomial.js'
import { primesOf } from './primes.js'

/** Quotient of two polynomials with exact coefficients. */
export interface ExactForm {
  readonly above: Polynomial
  readonly below: Polynomial
}

/**
 * Writes an expression as a quotient of polynomials in its variables, its radicals and its other parts. Two
 * expressions whose quotients are equal are equal; the reverse does not hold, because parts such as `\sin x` and
 * `\cos x` count as unrelated. Null if the polynomials would be too large, or if it divides by 0.
 */
export const exactForm = (expression: Expression): ExactForm | null => {
  try {
    return formOf(expression)
  } catch (error) {
    if (error instanceof TooLarge || error instanceof DividedByZero) return null
    throw error
  }
}

/** Ends a computation that divides by 0. It does not leave this file. */
class DividedByZero extends Error {}

/** Returns the numerator of the difference of two forms; null if it would be too large. */
export const differenceOfForms = (a: ExactForm, b: ExactForm): Polynomial | null => {
  try {
    return subtractPolynomials(multiplyPolynomials(a.above, b.below), multiplyPolynomials(b.above, a.below))
  } catch (error) {
    if (error instanceof TooLarge) return null
    throw error
  }
}

/** Returns the expression of a polynomial. */
export const expressionOf = (polynomial: Polynomial): Expression =>
  isZero(polynomial)
    ? fraction(0n)
    : sum(
        ...[...polynomial.values()].map(({ coefficient, factors }) =>
          product(number(coefficient), ...[...factors.values()].map(({ atom, exponent }) => atom.power(exponent))),
        ),
      )

const UNITY = constant(ONE)

const quotient = (above: Polynomial, below: Polynomial = UNITY): ExactForm => {
  if (isZero(below)) throw new DividedByZero()
  const term = onlyTerm(below)
  return term === null ? { above, below } : { above: multiplyPolynomials(above, powerOfTerm(term, -1n)), below: UNITY }
}

const formOf = (expression: Expression): ExactForm => {
  switch (expression.kind) {
    case 'number':
      return quotient(constant(expression.value))
    case 'symbol':
      return quotient(atomPower(symbolAtom(expression.name)))
    case 'sum':
      return expression.terms.map(formOf).reduce(add)
    case 'product':
      return expression.factors.map(formOf).reduce(multiply)
    case 'power':
      return powerForm(formOf(expression.base), formOf(expression.exponent))
    case 'call':
      return callForm(expression.name, expression.operands.map(formOf))
  }
}

const symbolAtom = (name: string): Atom => ({
  key: name,
  kind: name === 'i' ? 'unit' : name === 'e' || name === '\\pi' ? 'constant' : 'variable',
  power: (exponent) => power(symbol(name), number(exponent)),
})

const isUnity = (a: Polynomial): boolean => {
  const value = constantOf(a)
  return value !== null && isOne(value)
}

const add = (a: ExactForm, b: ExactForm): ExactForm =>
  isUnity(a.below) && isUnity(b.below)
    ? { above: addPolynomials(a.above, b.above), below: UNITY }
    : quotient(
        addPolynomials(multiplyPolynomials(a.above, b.below), multiplyPolynomials(b.above, a.below)),
        multiplyPolynomials(a.below, b.below),
      )

const multiply = (a: ExactForm, b: ExactForm): ExactForm =>
  quotient(multiplyPolynomials(a.above, b.above), multiplyPolynomials(a.below, b.below))

/** Returns the value of a form that is a fraction; null for any other. */
export const valueOfForm = ({ above, below }: ExactForm): Rational | null => {
  const [a, b] = [constantOf(above), constantOf(below)]
  return a === null || b === null ? null : over(a, b)
}

const expressionOfForm = ({ above, below }: ExactForm): Expression =>
  isUnity(below) ? expressionOf(above) : product(expressionOf(above), power(expressionOf(below), fraction(-1n)))

const keyOf = ({ above, below }: ExactForm): string =>
  isUnity(below) ? keyOfPolynomial(above) : `(${keyOfPolynomial(above)})/(${keyOfPolynomial(below)})`

const powerForm = (base: ExactForm, exponent: ExactForm): ExactForm => {
  const value = valueOfForm(exponent)
  if (value !== null) return isWhole(value) ? wholePower(base, value.numerator) : fractionalPower(base, value)
  if (!isUnity(exponent.below)) return quotient(atomPower(powerAtom(base, expressionOfForm(exponent), keyOf(exponent))))
  // b^(s + t) = b^s b^t, and b^(k t) is the k-th power of the atom b^t.
  return [...exponent.above.values()]
    .map(({ coefficient, factors }) =>
      factors.size === 0
        ? powerForm(base, quotient(constant(coefficient)))
        : termPower(base, { coefficient: ONE, factors }, coefficient),
    )
    .reduce(multiply)
}

const wholePower = (base: ExactForm, exponent: bigint): ExactForm => {
  const { above, below } = base
  const value = valueOfForm(base)
  if (value !== null && value.numerator !== 0n && powerOf(value, exponent) === null) {
    const size = { numerator: magnitude(value.numerator), denominator: value.denominator }
    const sign = value.numerator < 0n && exponent % 2n !== 0n ? opposite(ONE) : ONE
    return quotient(scale(powerOfFraction(size, { numerator: exponent, denominator: 1n }), sign))
  }
  return exponent >= 0n
    ? quotient(powerOfPolynomial(above, exponent), powerOfPolynomial(below, exponent))
    : quotient(powerOfPolynomial(below, -exponent), powerOfPolynomial(above, -exponent))
}

const fractionalPower = (base: ExactForm, exponent: Rational): ExactForm => {
  if (!isUnity(base.below)) return quotient(atomPower(powerAtom(base, number(exponent), rationalText(exponent))))
  if (isZero(base.above)) {
    if (exponent.numerator < 0n) throw new DividedByZero()
    return quotient(new Map())
  }
  const { content, rest } = withoutContent(base.above)
  return quotient(multiplyPolynomials(powerOfPositive(content, exponent), fractionalPowerOf(rest, exponent)))
}

/** Positive factor of a polynomial: the common factor of its coefficients, and powers of positive atoms. */
const withoutContent = (polynomial: Polynomial): { readonly content: Term; readonly rest: Polynomial } => {
  const coefficients = [...polynomial.values()].map(({ coefficient }) => coefficient)
  const common = coefficients.reduce(
    (a, b) =>
      rational(
        commonDivisor(magnitude(a.numerator), magnitude(b.numerator)),
        (a.denominator * b.denominator) / commonDivisor(a.denominator, b.denominator),
      )!,
    { numerator: 0n, denominator: 1n },
  )
  const term = onlyTerm(polynomial)
  const positive = new Map(
    [...(term?.factors ?? [])].filter(([, { atom }]) => atom.kind === 'prime' || atom.kind === 'constant'),
  )
  const content: Term = { coefficient: common, factors: positive }
  return { content, rest: multiplyPolynomials(polynomial, powerOfTerm(content, -1n)) }
}

const powerOfPositive = ({ coefficient, factors }: Term, exponent: Rational): Polynomial =>
  [...factors.values()]
    .map(({ atom, exponent: each }) => atomPower(atom, times(each, exponent)))
    .reduce(multiplyPolynomials, powerOfFraction(coefficient, exponent))

const fractionalPowerOf = (base: Polynomial, exponent: Rational): Polynomial => {
  const term = onlyTerm(base)
  const sign = constantOf(base)
  if (sign !== null && sign.numerator > 0n) return UNITY
  if (sign !== null && exponent.denominator === 2n)
    return atomPower(symbolAtom('i'), { numerator: exponent.numerator, denominator: 1n })
  const single = term !== null && term.factors.size === 1 ? [...term.factors.values()][0]! : null
  if (term !== null && single !== null && isOne(term.coefficient) && isOne(single.exponent))
    return atomPower(single.atom, exponent)
  return atomPower(
    {
      key: `(${keyOfPolynomial(base)})`,
      kind: 'whole',
      polynomial: base,
      power: (each) => power(expressionOf(base), number(each)),
    },
    exponent,
  )
}

const isOne = ({ numerator, denominator }: Rational): boolean => numerator === 1n && denominator === 1n

/** Power of a positive fraction, as powers of the prime numbers in it. */
const powerOfFraction = (base: Rational, exponent: Rational): Polynomial =>
  primesOf(base)
    .map(([prime, count]) => atomPower(primeAtom(prime), times(exponent, count)))
    .reduce(multiplyPolynomials, UNITY)

const primeAtom = (prime: bigint): Atom => ({
  key: `#${prime}`,
  kind: 'prime',
  prime,
  power: (exponent) => power(fraction(prime), number(exponent)),
})

/** Power of a base with the exponent k t, where t is a term with variables. */
const termPower = (base: ExactForm, term: Term, k: Rational): ExactForm => {
  const value = valueOfForm(base)
  const single = isUnity(base.below) ? onlyTerm(base.above) : null
  const factor = single !== null && single.factors.size === 1 ? [...single.factors.values()][0]! : null
  if (value !== null && value.numerator > 0n)
    return quotient(
      primesOf(value)
        .map(([prime, count]) => atomPower(exponential(fraction(prime), `#${prime}`, term), times(k, count)))
        .reduce(multiplyPolynomials, UNITY),
    )
  if (value !== null && value.numerator === -1n && isWhole(value))
    return quotient(atomPower(exponential(fraction(-1n), '-1', term), k))
  if (single !== null && factor !== null && isOne(single.coefficient) && isOne(factor.exponent)) {
    // e^{i \pi k} = i^{2k}
    if (factor.atom.key === 'e' && isHalfTurn(term))
      return quotient(atomPower(symbolAtom('i'), times(k, { numerator: 2n, denominator: 1n })))
    return quotient(atomPower(exponential(factor.atom.power(ONE), factor.atom.key, term), k))
  }
  const exponent: Term = { ...term, coefficient: k }
  return quotient(atomPower(powerAtom(base, expressionOfTerm(exponent), keyOfTerm(exponent))))
}

const isHalfTurn = ({ factors }: Term): boolean =>
  factors.size === 2 && ['i', '\\pi'].every((key) => factors.has(key) && isOne(factors.get(key)!.exponent))

const expressionOfTerm = (term: Term): Expression => expressionOf(new Map([['', term]]))

const keyOfTerm = ({ coefficient, factors }: Term): string =>
  `${rationalText(coefficient)}*${[...factors]
    .map(([key, { exponent }]) => `${key}^${rationalText(exponent)}`)
    .sort()
    .join('*')}`

const exponential = (base: Expression, key: string, term: Term): Atom => ({
  key: `[${key}]^[${keyOfTerm(term)}]`,
  kind: 'opaque',
  power: (exponent) => power(base, expressionOfTerm({ ...term, coefficient: exponent })),
})

const powerAtom = (base: ExactForm, exponent: Expression, key: string): Atom =>
  opaque(`[${keyOf(base)}]^[${key}]`, power(expressionOfForm(base), exponent))

const opaque = (key: string, expression: Expression): Atom => ({
  key,
  kind: 'opaque',
  power: (exponent) => power(expression, number(exponent)),
})

const callForm = (name: FunctionName, operands: readonly ExactForm[]): ExactForm => {
  const values = operands.map(valueOfForm)
  const exact = values.every((value) => value !== null) ? numberFunctions[name]?.(values) : undefined
  if (exact !== undefined && exact !== null) return quotient(constant(exact))
  const [first, second] = operands
  if (first === undefined) throw new DividedByZero()
  if (name === 'root' && second !== undefined) return rootForm(first, second)
  if (name === 'ln' && isUnity(first.below)) return logarithm(first)
  if (odd.has(name) || even.has(name)) {
    if (isZero(first.above)) return quotient(name === 'cos' ? UNITY : new Map())
    if (leadsWithMinus(first)) {
      const form = callForm(name, [{ above: scale(first.above, opposite(ONE)), below: first.below }])
      return even.has(name) ? form : multiply(quotient(constant(opposite(ONE))), form)
    }
  }
  return opaqueCall(name, operands)
}

const odd: ReadonlySet<FunctionName> = new Set<FunctionName>(['sin', 'arcsin', 'arctan'])
const even: ReadonlySet<FunctionName> = new Set<FunctionName>(['cos', 'abs'])

const opaqueCall = (name: FunctionName, operands: readonly ExactForm[]): ExactForm => {
  const ordered = name === 'max' || name === 'min' || name === 'gcd' || name === 'lcm'
  const sorted = ordered ? [...operands].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : operands
  const key = `${name}(${sorted.map(keyOf).join()})`
  return quotient(atomPower(opaque(key, call(name, ...sorted.map(expressionOfForm)))))
}

const leadsWithMinus = ({ above }: ExactForm): boolean => {
  const [key] = [...above.keys()].sort()
  return key !== undefined && above.get(key)!.coefficient.numerator < 0n
}

const rootForm = (index: ExactForm, radicand: ExactForm): ExactForm => {
  const n = valueOfForm(index)
  if (n === null || !isWhole(n) || n.numerator < 1n) return powerForm(radicand, quotient(index.below, index.above))
  if (n.numerator === 1n) return radicand
  const exponent: Rational = { numerator: 1n, denominator: n.numerator }
  const value = valueOfForm(radicand)
  // The odd root of a negative number is the negative one: the cube root of -8 is -2.
  if (value !== null && value.numerator < 0n && n.numerator % 2n === 1n)
    return multiply(quotient(constant(opposite(ONE))), fractionalPower(quotient(constant(opposite(value))), exponent))
  return fractionalPower(radicand, exponent)
}

/** Logarithm of a form: the logarithm of a positive term is the sum of the logarithms of its factors. */
const logarithm = (form: ExactForm): ExactForm => {
  const term = onlyTerm(form.above)
  const isPositive =
    term !== null &&
    term.coefficient.numerator > 0n &&
    [...term.factors.values()].every(({ atom }) => atom.kind === 'prime' || atom.kind === 'constant')
  if (!isPositive) return opaqueCall('ln', [form])
  const logarithmOf = (key: string, expression: Expression): Polynomial =>
    key === 'e' ? UNITY : atomPower(opaque(`ln(${key})`, call('ln', expression)))
  const parts = [
    ...primesOf(term.coefficient).map(([prime, count]) => scale(logarithmOf(`#${prime}`, fraction(prime)), count)),
    ...[...term.factors.values()].map(({ atom, exponent }) => scale(logarithmOf(atom.key, atom.power(ONE)), exponent)),
  ]
  return quotient(parts.reduce(addPolynomials, new Map()))
}
