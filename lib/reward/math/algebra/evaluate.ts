import { isWhole, type Rational } from '../rational.js'
import { type Approximation, Arithmetic, NoValue } from './arithmetic.js'
import type { Expression, FunctionName } from './expression.js'
import { LARGEST_FACTORIAL } from './number-functions.js'

/** Values of variables by name. */
export type Point = ReadonlyMap<string, Rational>

/** Options of {@link evaluate}. */
export interface EvaluationOptions {
  /** Number of significant digits. */
  readonly digits: number
  /** True if roots and functions of real numbers must be real. */
  readonly staysReal: boolean
}

/**
 * Computes the value of an expression at a point. Null if it has none there: a division by 0, a root that is not real,
 * a factorial of a fraction, or a result without a correct digit.
 */
export const evaluate = (
  expression: Expression,
  point: Point,
  { digits, staysReal }: EvaluationOptions,
): Approximation | null => {
  const arithmetic = new Arithmetic(digits, () => {
    if (staysReal) throw new NoValue()
  })
  try {
    return new Evaluator(arithmetic, point).value(expression)
  } catch (error) {
    // The library throws for numbers that need more digits of pi than it knows.
    if (error instanceof NoValue || (error instanceof Error && error.message.startsWith('[DecimalError]'))) return null
    throw error
  }
}

class Evaluator {
  constructor(
    private readonly arithmetic: Arithmetic,
    private readonly point: Point,
  ) {}

  value(expression: Expression): Approximation {
    const { arithmetic } = this
    switch (expression.kind) {
      case 'number':
        return arithmetic.fraction(expression.value)
      case 'symbol':
        return this.#symbol(expression.name)
      case 'sum':
        return expression.terms.map((term) => this.value(term)).reduce((a, b) => arithmetic.add(a, b))
      case 'product':
        return expression.factors.map((factor) => this.value(factor)).reduce((a, b) => arithmetic.multiply(a, b))
      case 'power':
        return this.#power(expression.base, expression.exponent)
      case 'call':
        return this.#call(
          expression.name,
          expression.operands.map((operand) => this.value(operand)),
        )
    }
  }

  #symbol(name: string): Approximation {
    const { arithmetic } = this
    if (name === 'e') return arithmetic.exp(arithmetic.whole(1))
    if (name === 'i') return arithmetic.i
    if (name === '\\pi') return arithmetic.pi
    const value = this.point.get(name)
    if (value === undefined) throw new NoValue()
    return arithmetic.fraction(value)
  }

  #power(base: Expression, exponent: Expression): Approximation {
    const { arithmetic } = this
    if (base.kind === 'symbol' && base.name === 'e') return arithmetic.exp(this.value(exponent))
    const from = this.value(base)
    if (exponent.kind !== 'number') {
      const by = this.value(exponent)
      const whole = arithmetic.wholeOf(by)
      return whole === null || whole > 10_000n || whole < -10_000n
        ? arithmetic.power(from, by)
        : arithmetic.wholePower(from, whole)
    }
    const { value } = exponent
    if (isWhole(value)) return arithmetic.wholePower(from, value.numerator)
    return value.denominator === 2n
      ? arithmetic.wholePower(arithmetic.sqrt(from), value.numerator)
      : arithmetic.power(from, arithmetic.fraction(value))
  }

  #call(name: FunctionName, operands: readonly Approximation[]): Approximation {
    const { arithmetic } = this
    const [x, y] = operands
    if (x === undefined) throw new NoValue()
    switch (name) {
      case 'sin':
      case 'cos':
      case 'arcsin':
      case 'arccos':
      case 'arctan':
      case 'ln':
      case 'abs':
      case 'floor':
        return arithmetic[name](x)
      case 'ceil':
        return arithmetic.negate(arithmetic.floor(arithmetic.negate(x)))
      case 'factorial':
        return arithmetic.whole(factorial(this.#whole(x)))
      case 'root':
        if (y === undefined) throw new NoValue()
        return arithmetic.root(y, this.#whole(x))
      case 'max':
        return operands.reduce((a, b) => (arithmetic.compare(a, b) < 0 ? b : a))
      case 'min':
        return operands.reduce((a, b) => (arithmetic.compare(a, b) > 0 ? b : a))
      case 'gcd':
        return arithmetic.whole(operands.map((each) => this.#whole(each)).reduce(greatestCommonDivisor))
      case 'lcm':
        return arithmetic.whole(
          operands
            .map((each) => this.#whole(each))
            .reduce((a, b) => (a === 0n && b === 0n ? 0n : (a / greatestCommonDivisor(a, b)) * b)),
        )
    }
  }

  #whole(z: Approximation): bigint {
    const whole = this.arithmetic.wholeOf(z)
    if (whole === null) throw new NoValue()
    return whole
  }
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint =>
  b === 0n ? (a < 0n ? -a : a) : greatestCommonDivisor(b, a % b)

const factorial = (n: bigint): bigint => {
  if (n < 0n || n > LARGEST_FACTORIAL) throw new NoValue()
  let value = 1n
  for (let k = 2n; k <= n; k++) value *= k
  return value
}
