import { uniformOfText } from '../../../random/uniform.js'
import { plus, type Rational, rational } from '../rational.js'
import type { Point } from './evaluate.js'

/**
 * Values of variables for the n-th attempt to evaluate an expression. The attempts take turns: positive numbers and
 * numbers of either sign about 1, whole numbers, numbers of many magnitudes, and numbers beside those that are written
 * in the expression, where an absolute value or a root may change its sign.
 */
export const pointOf = (names: ReadonlySet<string>, written: readonly Rational[], attempt: number): Point =>
  new Map([...names].map((name) => [name, valueOf(name, written, attempt)]))

const valueOf = (name: string, written: readonly Rational[], attempt: number): Rational => {
  const draw = (part: number) => uniformOfText(name, attempt, part)
  const sign = draw(0) < 0.5 ? -1 : 1
  const magnitude = (low: number, high: number) => 10 ** (low + (high - low) * draw(1))
  switch (attempt % 5) {
    case 0:
      return rounded(magnitude(-1.5, 1.5))
    case 1:
      return rounded(sign * magnitude(-1.5, 1.5))
    case 2:
      return rounded(1 + Math.floor(12 * draw(1)))
    case 3:
      return rounded(sign * magnitude(-4, 6))
    default: {
      const center = written[Math.floor(draw(2) * written.length)]
      const step = rounded(sign * magnitude(-2, 1.5))
      return center === undefined ? step : plus(center, step)
    }
  }
}

const PLACES = 9

const rounded = (value: number): Rational =>
  rational(BigInt(Math.round(value * 10 ** PLACES)) || 1n, 10n ** BigInt(PLACES))!
