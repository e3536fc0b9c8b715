import { isFunction, type MathJson } from './math-json.js'

/**
 * Upper bound of the digits of the longest intermediate result when an expression in MathJSON is computed. It protects
 * against towers of powers, which are short to write and fill the memory. The bound is Infinity for errors and for
 * functions that may take many steps, such as sums and integrals.
 */
export const digits = (json: MathJson): number => {
  if (typeof json === 'number') return sizeOf(json)
  // The name of a function without operands, as in `2 \sin`, is not a symbol.
  if (typeof json === 'string') return Object.hasOwn(growths, json) ? Infinity : sizeOf(3)
  if (isNumber(json)) return json.num.length
  if (!isFunction(json)) return Infinity
  const [head, ...operands] = json
  const growth = typeof head === 'string' ? growths[head] : undefined
  return growth === undefined ? Infinity : growth(operands.map(digits))
}

const isNumber = (json: object): json is { readonly num: string } => 'num' in json

/** Digits before the decimal point, or zeros after it. */
const sizeOf = (n: number): number => Math.abs(Math.log10(Math.abs(n) || 1))

type Growth = (operands: readonly number[]) => number

const longest: Growth = (operands) => Math.max(0, ...operands)
const sum: Growth = (operands) => longest(operands) + Math.log10(Math.max(1, operands.length))
const product: Growth = (operands) => operands.reduce((total, operand) => total + operand, 0)
const power: Growth = ([base = 0, exponent = 0]) => Math.max(sizeOf(2), base) * 10 ** exponent
const factorial: Growth = ([n = 0, ...others]) => Math.max(n * 10 ** n, ...others)

const growthRows = (names: string, growth: Growth) =>
  names.split(' ').map((name): readonly [string, Growth] => [name, growth])

const growths: Readonly<Record<string, Growth>> = Object.fromEntries([
  ...growthRows('Add Subtract', sum),
  ...growthRows('Multiply InvisibleOperator Divide Rational Degrees LCM', product),
  ...growthRows('Power', power),
  ...growthRows('Square', ([base = 0]) => 2 * base),
  ...growthRows('Exp', ([exponent = 0]) => 10 ** exponent),
  ...growthRows('Factorial Binomial', factorial),
  ...growthRows('Negate Delimiter Complex Sqrt Root Ln Log Lb Lg Abs Floor Ceil Max Min GCD', longest),
  ...growthRows('Sin Cos Tan Cot Sec Csc Arcsin Arccos Arctan Sinh Cosh Tanh', longest),
])
