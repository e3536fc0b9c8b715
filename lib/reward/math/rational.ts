/** Exact fraction in lowest terms. The denominator is positive. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Number and its notation. */
export interface WrittenNumber {
  readonly value: Rational
  /** Digits after the decimal point; null if the number is not written as a decimal. */
  readonly places: number | null
}

/** Largest power of ten in an answer. The digits of a larger one could fill the memory. */
const HIGHEST_POWER = 400

/** Makes a fraction in lowest terms; null if the denominator is 0. */
export const rational = (numerator: bigint, denominator: bigint): Rational | null => {
  if (denominator === 0n) return null
  const divisor = commonDivisor(magnitude(numerator), magnitude(denominator)) * (denominator < 0n ? -1n : 1n)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/** Returns the greatest common divisor of two whole numbers; 1 for two zeros. */
export const commonDivisor = (a: bigint, b: bigint): bigint => {
  while (b !== 0n) [a, b] = [b, a % b]
  return a === 0n ? 1n : a
}

/** Returns the absolute value of a whole number. */
export const magnitude = (n: bigint): bigint => (n < 0n ? -n : n)

export const ZERO: Rational = { numerator: 0n, denominator: 1n }
export const ONE: Rational = { numerator: 1n, denominator: 1n }

export const plus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)!

export const times = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator)!

/** Returns a / b; null if b is 0. */
export const over = (a: Rational, b: Rational): Rational | null =>
  rational(a.numerator * b.denominator, a.denominator * b.numerator)

export const opposite = ({ numerator, denominator }: Rational): Rational => ({ numerator: -numerator, denominator })

/** Returns the largest whole number that is not above a fraction. */
export const floor = ({ numerator, denominator }: Rational): bigint =>
  numerator / denominator - (numerator % denominator < 0n ? 1n : 0n)

export const isWhole = ({ denominator }: Rational): boolean => denominator === 1n

/** Returns whether two fractions are equal. */
export const isSame = (a: Rational, b: Rational): boolean =>
  a.numerator === b.numerator && a.denominator === b.denominator

/** Returns whether |a - b| <= 10^-places / 2. */
export const isWithin = (a: Rational, b: Rational, places: number): boolean =>
  2n * 10n ** BigInt(places) * magnitude(a.numerator * b.denominator - b.numerator * a.denominator) <=
  a.denominator * b.denominator

/** Divides a fraction by 100. */
export const hundredth = ({ numerator, denominator }: Rational): Rational => rational(numerator, denominator * 100n)!

/** Prints a fraction: `7`, `-7/2`. */
export const rationalText = ({ numerator, denominator }: Rational): string =>
  denominator === 1n ? String(numerator) : `${numerator}/${denominator}`

/**
 * Reads a number in normal form that needs no algebra. Returns null for any other text.
 *
 *     42   -0.5   .5   1e3   1.5 \times 10^{3}   1/2   \frac{1}{2}   1\frac{1}{2}   1 1/2   1:2   0.\overline{3}
 */
export const readNumber = (text: string): WrittenNumber | null => {
  const { sign, rest } = splitSign(text.trim())
  for (const [form, read] of forms) {
    const parts = form.exec(rest)?.slice(1)
    if (parts === undefined) continue
    const value = read(parts.map((part) => (part as string | undefined) ?? ''))
    if (value === null) return null
    const places = form === decimal && !/[eE\\]/.test(rest) ? (parts[1] ?? '').length : null
    return { value: { ...value, numerator: sign * value.numerator }, places }
  }
  return null
}

const splitSign = (text: string): { readonly sign: bigint; readonly rest: string } => {
  const [signs = ''] = /^(?:[-+] ?)*/.exec(text) ?? []
  return { sign: signs.split('-').length % 2 === 1 ? 1n : -1n, rest: text.slice(signs.length) }
}

const decimal = /^(\d*)\.?(\d*)(?: ?(?:[eE]|\\(?:times|cdot) ?10 ?\^) ?(?:\{ ?([-+]?\d+) ?\}|([-+]?\d+)))?$/

const forms: readonly (readonly [RegExp, (parts: readonly string[]) => Rational | null])[] = [
  [decimal, ([whole = '', places = '', braced = '', bare = '']) => decimalOf(whole, places, Number(braced || bare))],
  [
    /^(\d*)\.(\d*) ?\\overline ?\{(\d+)\}$/,
    ([whole = '', places = '', period = '']) => repeatingDecimal(whole + places, period, places.length),
  ],
  [/^(\d+(?:\.\d+)?) ?[/:] ?([-+]?\d+(?:\.\d+)?)$/, ([above = '', below = '']) => ratio(above, below)],
  [/^\\frac ?\{ ?([-+]?[\d.]+) ?\} ?\{ ?([-+]?[\d.]+) ?\}$/, ([above = '', below = '']) => ratio(above, below)],
  [/^(\d+) ?\\frac ?\{ ?(\d+) ?\} ?\{ ?(\d+) ?\}$/, (parts) => mixedNumber(parts)],
  [/^(\d+) (\d+) ?\/ ?(\d+)$/, (parts) => mixedNumber(parts)],
  [/^(\d{1,3}(?: \d{3})+)$/, ([grouped = '']) => rational(BigInt(grouped.replaceAll(' ', '')), 1n)],
]

const decimalOf = (whole: string, places: string, power: number): Rational | null => {
  if (whole + places === '' || Math.abs(power) > HIGHEST_POWER) return null
  return rational(
    BigInt(whole + places) * 10n ** BigInt(Math.max(0, power)),
    10n ** BigInt(places.length + Math.max(0, -power)),
  )
}

/** Value of a repeating decimal: `digits` once, then `period` endlessly. */
const repeatingDecimal = (digits: string, period: string, places: number): Rational | null =>
  rational(BigInt(digits + period) - BigInt(digits || '0'), (10n ** BigInt(period.length) - 1n) * 10n ** BigInt(places))

const ratio = (above: string, below: string): Rational | null => {
  const [a, b] = [readNumber(above)?.value, readNumber(below)?.value]
  return a === undefined || b === undefined ? null : over(a, b)
}

const mixedNumber = ([whole = '', above = '', below = '']: readonly string[]): Rational | null =>
  rational(BigInt(whole) * BigInt(below) + BigInt(above), BigInt(below))
