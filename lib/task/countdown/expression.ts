/** Arithmetic expression of whole numbers, as a tree. */
export type Expression =
  { readonly number: number } | { readonly operator: Operator; readonly left: Expression; readonly right: Expression }

/** Operators of an expression. */
export const operators = ['+', '-', '*', '/'] as const
/** Operator of an expression. */
export type Operator = (typeof operators)[number]

/** Exact fraction in lowest terms. The denominator is positive. */
export interface Rational {
  readonly numerator: number
  readonly denominator: number
}

/** Returns the exact value of an expression; null if it divides by zero. */
export const valueOf = (expression: Expression): Rational | null => {
  if ('number' in expression) return { numerator: expression.number, denominator: 1 }
  const [a, b] = [valueOf(expression.left), valueOf(expression.right)]
  if (a === null || b === null) return null
  switch (expression.operator) {
    case '+':
      return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
    case '-':
      return fraction(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
    case '*':
      return fraction(a.numerator * b.numerator, a.denominator * b.denominator)
    case '/':
      return fraction(a.numerator * b.denominator, a.denominator * b.numerator)
  }
}

/** Prints an expression with only the parentheses that its value needs. */
export const textOf = (expression: Expression): string => {
  if ('number' in expression) return String(expression.number)
  const { operator, left, right } = expression
  const strength = strengthOf(operator)
  // a - (b + c) and a / (b * c) need their parentheses, and a + (b - c) and a * (b / c) do not.
  const inverse = operator === '-' || operator === '/'
  return operandText(left, strength) + operator + operandText(right, inverse ? strength + 1 : strength)
}

const strengthOf = (operator: Operator): number => (operator === '+' || operator === '-' ? 1 : 2)

const operandText = (part: Expression, least: number): string =>
  'number' in part || strengthOf(part.operator) >= least ? textOf(part) : `(${textOf(part)})`

const fraction = (numerator: number, denominator: number): Rational | null => {
  if (denominator === 0) return null
  const divisor = commonDivisor(Math.abs(numerator), Math.abs(denominator)) * Math.sign(denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))
