import type { Rational } from '../rational.js'

/** Largest divisor that is tried. A larger factor counts as prime, and whether it is one does not change a value. */
const LARGEST_DIVISOR = 2000n

/** Prime numbers of a positive fraction and their exponents. */
export const primesOf = ({
  numerator,
  denominator,
}: Rational): readonly (readonly [prime: bigint, count: Rational])[] => [
  ...divisorsOf(numerator).map(([prime, count]) => [prime, { numerator: count, denominator: 1n }] as const),
  ...divisorsOf(denominator).map(([prime, count]) => [prime, { numerator: -count, denominator: 1n }] as const),
]

const divisorsOf = (n: bigint): readonly (readonly [bigint, bigint])[] => {
  const found: (readonly [bigint, bigint])[] = []
  let rest = n
  for (let divisor = 2n; divisor <= LARGEST_DIVISOR && divisor * divisor <= rest; divisor++) {
    let count = 0n
    for (; rest % divisor === 0n; rest /= divisor) count++
    if (count > 0n) found.push([divisor, count])
  }
  return rest === 1n ? found : [...found, [rest, 1n]]
}
