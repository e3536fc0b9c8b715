import { isFunction, type MathJson } from './math-json.js'

/**
 * How many digits the longest number may have on the way to the value of an expression in MathJSON: a tower of powers is
 * short to write, and must not be worked out. Infinity where it cannot be said: errors, and functions that are not known to
 * be worked out in one go, such as sums and integrals.
 */
export const digits = (json: MathJson): number => {
  if (typeof json === 'number') return sizeOf(json)
  // A function's name alone, as in `2 \sin`, is no symbol.
  if (typeof json === 'string') return Object.hasOwn(growths, json) ? Infinity : sizeOf(3)
  if (isNumber(json)) return json.num.length
  if (!isFunction(json)) return Infinity
  const [head, ...operands] = json
  const growth = typeof head === 'string' ? growths[head] : undefined
  return growth === undefined ? Infinity : growth(operands.map(digits))
}

const isNumber = (json: object): json is { readonly num: string } => 'num' in json

/** Digits before the point, or zeros behind it. */
const sizeOf = (n: number): number => Math.abs(Math.log10(Math.abs(n) || 1))

type Growth = (operands: readonly number[]) => number

const longest: Growth = (operands) => Math.max(0, ...operands)
const sum: Growth = (operands) => longest(operands) + Math.log10(Math.max(1, operands.length))
const product: Growth = (operands) => operands.reduce((total, operand) => total + operand, 0)
const power: Growth = ([base = 0, exponent = 0]) => Math.max(sizeOf(2), base) * 10 ** exponent
const factorial: Growth = ([n = 0, ...others]) => Math.max(n * 10 ** n, ...others)

const named = (names: string, growth: Growth) =>
  names.split(' ').map((name): readonly [string, Growth] => [name, growth])

const growths: Readonly<Record<string, Growth>> = Object.fromEntries([
  ...named('Add Subtract', sum),
  ...named('Multiply InvisibleOperator Divide Rational Degrees LCM', product),
  ...named('Power', power),
  ...named('Square', ([base = 0]) => 2 * base),
  ...named('Exp', ([exponent = 0]) => 10 ** exponent),
  ...named('Factorial Binomial', factorial),
  ...named('Negate Delimiter Complex Sqrt Root Ln Log Lb Lg Abs Floor Ceil Max Min GCD', longest),
  ...named('Sin Cos Tan Cot Sec Csc Arcsin Arccos Arctan Sinh Cosh Tanh', longest),
])
