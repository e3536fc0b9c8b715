import {
  call,
  difference,
  type Expression,
  fraction,
  type FunctionName,
  inverse,
  negative,
  power,
  product,
  squareRoot,
  sum,
  symbol,
} from './expression.js'

/** Largest lower index of a binomial coefficient that is written as a product. */
const MOST_FACTORS = 30n

/** Builds a binomial coefficient. */
export const binomial = (n: Expression, k: Expression): Expression => {
  const count = k.kind === 'number' && k.value.denominator === 1n ? k.value.numerator : null
  if (count === null || count < 0n || count > MOST_FACTORS)
    return product(call('factorial', n), inverse(call('factorial', k)), inverse(call('factorial', difference(n, k))))
  const factors = Array.from({ length: Number(count) }, (_, i) =>
    product(sum(n, fraction(-BigInt(i))), fraction(1n, BigInt(i + 1))),
  )
  return factors.length === 0 ? fraction(1n) : product(...factors)
}

/** Builds the value of a function from its operands and its base; null if it does not take them. */
export type Builder = (operands: readonly Expression[], base: Expression | null) => Expression | null

/** Makes the builder of a function with one operand and no base. */
const unary =
  (build: (operand: Expression) => Expression): Builder =>
  ([operand, ...others], base) =>
    operand === undefined || others.length > 0 || base !== null ? null : build(operand)

const several =
  (name: FunctionName): Builder =>
  (operands, base) =>
    base === null ? call(name, ...operands) : null

const HALF = fraction(1n, 2n)
const QUARTER_TURN = product(symbol('\\pi'), HALF)
const exponential = (x: Expression) => power(symbol('e'), x)
const sin = (x: Expression) => call('sin', x)
const cos = (x: Expression) => call('cos', x)
const ln = (x: Expression) => call('ln', x)
const hyperbolic = (x: Expression, sign: bigint) =>
  product(HALF, sum(exponential(x), product(fraction(sign), exponential(negative(x)))))
const square = (x: Expression) => power(x, fraction(2n))
const ONE = fraction(1n)

/** Builders of functions by their names. */
export const builders: Readonly<Record<string, Builder>> = {
  sin: unary(sin),
  cos: unary(cos),
  tan: unary((x) => product(sin(x), inverse(cos(x)))),
  cot: unary((x) => product(cos(x), inverse(sin(x)))),
  sec: unary((x) => inverse(cos(x))),
  csc: unary((x) => inverse(sin(x))),
  arcsin: unary((x) => call('arcsin', x)),
  arccos: unary((x) => call('arccos', x)),
  arctan: unary((x) => call('arctan', x)),
  arccot: unary((x) => difference(QUARTER_TURN, call('arctan', x))),
  arcsec: unary((x) => call('arccos', inverse(x))),
  arccsc: unary((x) => call('arcsin', inverse(x))),
  sinh: unary((x) => hyperbolic(x, -1n)),
  cosh: unary((x) => hyperbolic(x, 1n)),
  tanh: unary((x) => product(hyperbolic(x, -1n), inverse(hyperbolic(x, 1n)))),
  arsinh: unary((x) => ln(sum(x, squareRoot(sum(square(x), ONE))))),
  arcosh: unary((x) => ln(sum(x, squareRoot(difference(square(x), ONE))))),
  artanh: unary((x) => product(HALF, difference(ln(sum(ONE, x)), ln(difference(ONE, x))))),
  exp: unary(exponential),
  ln: unary(ln),
  lg: unary((x) => product(ln(x), inverse(ln(fraction(10n))))),
  log: ([x, ...others], base) =>
    x === undefined || others.length > 0 ? null : product(ln(x), inverse(ln(base ?? fraction(10n)))),
  abs: unary((x) => call('abs', x)),
  floor: unary((x) => call('floor', x)),
  ceil: unary((x) => call('ceil', x)),
  sqrt: unary(squareRoot),
  max: several('max'),
  min: several('min'),
  gcd: several('gcd'),
  lcm: several('lcm'),
}

/** Names of the functions that an exponent of -1 stands for. */
export const inverses: Readonly<Record<string, string>> = {
  sin: 'arcsin',
  cos: 'arccos',
  tan: 'arctan',
  cot: 'arccot',
  sec: 'arcsec',
  csc: 'arccsc',
  sinh: 'arsinh',
  cosh: 'arcosh',
  tanh: 'artanh',
}

const aliases: Readonly<Record<string, string>> = {
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  arctg: 'arctan',
  tg: 'tan',
  ctg: 'cot',
  cosec: 'csc',
  arcsinh: 'arsinh',
  arccosh: 'arcosh',
  arctanh: 'artanh',
}

/** Commands of functions, and the names of their builders. */
export const functions: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.keys(builders).map((name) => [`\\${name}`, name] as const),
  ...Object.entries(aliases).map(([alias, name]) => [`\\${alias}`, name] as const),
])

/** Names of functions that plain text and `\operatorname` write without a backslash. */
export const functionWords: readonly string[] = Object.keys(functions).map((command) => command.slice(1))
