import { rational, type Rational } from '../rational.js'

/** Mathematical expression as a tree. Differences and quotients are sums and products with a factor or a power of -1. */
export type Expression =
  | { readonly kind: 'number'; readonly value: Rational }
  /** Variable, or one of the constants `e`, `i`, `\pi` and `\infty`. */
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'sum'; readonly terms: readonly Expression[] }
  | { readonly kind: 'product'; readonly factors: readonly Expression[] }
  | { readonly kind: 'power'; readonly base: Expression; readonly exponent: Expression }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] }

/** Functions that are not written as sums, products and powers. `root` has the operands index and radicand. */
export type FunctionName =
  | 'sin'
  | 'cos'
  | 'arcsin'
  | 'arccos'
  | 'arctan'
  | 'ln'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'factorial'
  | 'root'
  | 'max'
  | 'min'
  | 'gcd'
  | 'lcm'

/** Names of the symbols that stand for one number. */
export const constants: ReadonlySet<string> = new Set(['e', 'i', '\\pi'])

export const fraction = (numerator: bigint, denominator = 1n): Expression => ({
  kind: 'number',
  value: rational(numerator, denominator)!,
})

export const number = (value: Rational): Expression => ({ kind: 'number', value })
export const symbol = (name: string): Expression => ({ kind: 'symbol', name })
export const sum = (...terms: readonly Expression[]): Expression =>
  terms.length === 1 ? terms[0]! : { kind: 'sum', terms }
export const product = (...factors: readonly Expression[]): Expression =>
  factors.length === 1 ? factors[0]! : { kind: 'product', factors }
export const power = (base: Expression, exponent: Expression): Expression => ({ kind: 'power', base, exponent })
export const call = (name: FunctionName, ...operands: readonly Expression[]): Expression => ({
  kind: 'call',
  name,
  operands,
})
export const negative = (expression: Expression): Expression => product(fraction(-1n), expression)
export const inverse = (expression: Expression): Expression => power(expression, fraction(-1n))
export const squareRoot = (expression: Expression): Expression => power(expression, fraction(1n, 2n))
export const difference = (a: Expression, b: Expression): Expression => sum(a, negative(b))

/** Parts of which an expression is made. */
export const partsOf = (expression: Expression): readonly Expression[] => {
  switch (expression.kind) {
    case 'number':
    case 'symbol':
      return []
    case 'sum':
      return expression.terms
    case 'product':
      return expression.factors
    case 'power':
      return [expression.base, expression.exponent]
    case 'call':
      return expression.operands
  }
}

/** Returns whether an expression or a part of it fulfils a condition. */
export const hasPart = (expression: Expression, holds: (part: Expression) => boolean): boolean =>
  holds(expression) || partsOf(expression).some((part) => hasPart(part, holds))

/** Names of the variables of an expression. */
export const variablesOf = (expression: Expression, found = new Set<string>()): ReadonlySet<string> => {
  if (expression.kind === 'symbol' && !constants.has(expression.name)) found.add(expression.name)
  for (const part of partsOf(expression)) variablesOf(part, found)
  return found
}

/** Numbers that are written in an expression. */
export const numbersIn = (expression: Expression, found: Rational[] = []): readonly Rational[] => {
  if (expression.kind === 'number') found.push(expression.value)
  for (const part of partsOf(expression)) numbersIn(part, found)
  return found
}
