import { isFunction, type MathJson } from './math-json.js'

/** Fraction, not always in lowest terms. The denominator is not 0. */
interface Fraction {
  readonly above: bigint
  readonly below: bigint
}

/**
 * Exact value of an expression of numbers, + - * /, whole powers and factorials; null for any other expression. It is
 * exact because doubles cannot distinguish 2^{100} from 2^{100} - 1.
 */
export const exactValue = (json: MathJson): Fraction | null => {
  if (!isFunction(json)) return literal(json)
  const [head, ...operands] = json
  const work = typeof head === 'string' ? works[head] : undefined
  if (work === undefined) return null
  const values: Fraction[] = []
  for (const operand of operands) {
    const value = exactValue(operand)
    if (value === null) return null
    values.push(value)
  }
  return work(values)
}

/** Returns whether two fractions have the same value. */
export const isSameFraction = (a: Fraction, b: Fraction): boolean => a.above * b.below === b.above * a.below

const literal = (json: MathJson): Fraction | null => {
  const digits = typeof json === 'object' && 'num' in json ? json.num : typeof json === 'number' ? String(json) : ''
  const [, whole, places = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(digits) ?? []
  return whole === undefined ? null : { above: BigInt(whole + places), below: 10n ** BigInt(places.length) }
}

type Work = (operands: readonly Fraction[]) => Fraction | null

const ONE: Fraction = { above: 1n, below: 1n }

const plus = (a: Fraction, b: Fraction): Fraction => ({
  above: a.above * b.below + b.above * a.below,
  below: a.below * b.below,
})

const times = (a: Fraction, b: Fraction): Fraction => ({ above: a.above * b.above, below: a.below * b.below })

const negative = ({ above, below }: Fraction): Fraction => ({ above: -above, below })

const inverse = ({ above, below }: Fraction): Fraction | null => (above === 0n ? null : { above: below, below: above })

const over: Work = ([a = ONE, b = ONE]) => {
  const inverted = inverse(b)
  return inverted && times(a, inverted)
}

const power: Work = ([base = ONE, exponent = ONE]) => {
  const n = whole(exponent)
  if (n === null) return null
  const from = n < 0n ? inverse(base) : base
  const size = n < 0n ? -n : n
  return from && { above: from.above ** size, below: from.below ** size }
}

const factorial: Work = ([n = ONE]) => {
  const last = whole(n)
  if (last === null || last < 0n) return null
  let product = 1n
  for (let k = 2n; k <= last; k++) product *= k
  return { above: product, below: 1n }
}

const whole = ({ above, below }: Fraction): bigint | null => (above % below === 0n ? above / below : null)

const product: Work = (operands) => operands.reduce(times, ONE)

const works: Readonly<Record<string, Work>> = {
  Add: (operands) => operands.reduce(plus, { above: 0n, below: 1n }),
  Subtract: ([a = ONE, b = ONE]) => plus(a, negative(b)),
  Negate: ([a = ONE]) => negative(a),
  Multiply: product,
  InvisibleOperator: product,
  Delimiter: ([a = ONE]) => a,
  Divide: over,
  Rational: over,
  Power: power,
  Square: ([a = ONE]) => times(a, a),
  Factorial: factorial,
}
