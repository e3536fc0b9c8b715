import { Decimal } from 'decimal.js'
import type { Rational } from '../rational.js'

/**
 * Complex number of many digits, and an upper bound of its error. The error grows with the terms that are added, so a
 * difference is not 0 only if it exceeds its error.
 */
export interface Approximation {
  readonly re: Decimal
  readonly im: Decimal
  readonly error: Decimal
}

/** Ends the evaluation of an expression that has no value. */
export class NoValue extends Error {}

/** Errors are kept with a few digits. */
const Bound = Decimal.clone({ precision: 9, rounding: Decimal.ROUND_UP })

const NONE = new Bound(0)

/**
 * Arithmetic of complex numbers with a number of significant digits. It takes principal values, and calls `leaveReals`
 * when a root or a function of a real number is not real.
 *
 * @errors functions throw NoValue for division by 0, values that are too large, and results without a correct digit
 */
export class Arithmetic {
  readonly #Number: typeof Decimal
  /** Largest relative error of one rounding. */
  readonly #unit: Decimal

  constructor(
    digits: number,
    private readonly leaveReals: () => void,
  ) {
    this.#Number = Decimal.clone({ precision: digits })
    this.#unit = new Bound(10).pow(4 - digits)
  }

  whole(value: bigint | number): Approximation {
    return this.#rounded(new this.#Number(String(value)), new this.#Number(0), NONE)
  }

  fraction({ numerator, denominator }: Rational): Approximation {
    const above = this.whole(numerator)
    return denominator === 1n ? above : this.multiply(above, this.inverse(this.whole(denominator)))
  }

  get pi(): Approximation {
    return this.#rounded(this.#Number.acos(-1), new this.#Number(0), NONE)
  }

  get i(): Approximation {
    return { re: new this.#Number(0), im: new this.#Number(1), error: NONE }
  }

  add(a: Approximation, b: Approximation): Approximation {
    return this.#rounded(a.re.plus(b.re), a.im.plus(b.im), a.error.plus(b.error))
  }

  negate({ re, im, error }: Approximation): Approximation {
    return { re: re.neg(), im: im.neg(), error }
  }

  multiply(a: Approximation, b: Approximation): Approximation {
    const error = size(a).times(b.error).plus(size(b).times(a.error)).plus(a.error.times(b.error))
    if (a.re.isZero() && a.im.isZero()) return { ...a, error }
    if (b.re.isZero() && b.im.isZero()) return { ...b, error }
    if (a.im.isZero() && b.im.isZero()) return this.#rounded(this.#visible(a.re.times(b.re)), a.im, error)
    const [re, im] = [a.re.times(b.re).minus(a.im.times(b.im)), a.re.times(b.im).plus(a.im.times(b.re))]
    return this.#rounded(re, im, error.plus(size(a).times(size(b)).times(this.#unit)))
  }

  inverse(z: Approximation): Approximation {
    const least = this.#nonzero(z)
    const squared = this.#visible(z.re.times(z.re).plus(z.im.times(z.im)))
    const error = z.error.times(4).div(least.times(least))
    return this.#rounded(z.re.div(squared), z.im.neg().div(squared), error)
  }

  /** Returns a whole power. */
  wholePower(z: Approximation, exponent: bigint): Approximation {
    if (exponent === 0n) return this.whole(1)
    if (!z.im.isZero()) return this.#complexPower(z, exponent)
    if (exponent < 0n) return this.inverse(this.wholePower(z, -exponent))
    if (exponent > BigInt(Number.MAX_SAFE_INTEGER)) throw new NoValue()
    if (z.re.isZero()) return this.#rounded(z.re, z.im, z.error)
    const re = this.#visible(z.re.pow(Number(exponent)))
    const relative = z.error.div(size(z)).plus(this.#unit).times(Number(exponent))
    if (relative.gt(0.1)) throw new NoValue()
    return this.#rounded(re, z.im, bound(re).times(relative).times(2))
  }

  #complexPower(z: Approximation, exponent: bigint): Approximation {
    if (exponent < 0n) return this.inverse(this.#complexPower(z, -exponent))
    if (exponent > 1_000_000n) throw new NoValue()
    let [result, square] = [this.whole(1), z]
    for (let left = exponent; left > 0n; left /= 2n) {
      if (left % 2n === 1n) result = this.multiply(result, square)
      square = left > 1n ? this.multiply(square, square) : square
    }
    return result
  }

  /** Returns any power. */
  power(z: Approximation, exponent: Approximation): Approximation {
    if (z.re.isZero() && z.im.isZero() && z.error.isZero() && exponent.re.gt(exponent.error)) return z
    return this.exp(this.multiply(exponent, this.ln(z)))
  }

  sqrt(given: Approximation): Approximation {
    const z = this.#offCut(given)
    const largest = size(z)
    if (largest.lte(z.error.times(4))) return { ...this.whole(0), error: largest.plus(z.error).times(2).sqrt() }
    const error = z.error.div(largest.sqrt()).times(2)
    if (z.im.isZero() && z.re.gt(0)) return this.#rounded(z.re.sqrt(), z.im, error)
    if (z.im.isZero()) this.leaveReals()
    const length = this.#length(z)
    const re = this.#Number.max(0, length.plus(z.re).div(2)).sqrt()
    const im = this.#Number.max(0, length.minus(z.re).div(2)).sqrt()
    // One of the two differences may cancel. The product of both parts is im / 2.
    const [x, y] = z.re.gte(0)
      ? [re, z.im.div(re.times(2))]
      : [im.isZero() ? re : z.im.abs().div(im.times(2)), z.im.lt(0) ? im.neg() : im]
    return this.#rounded(x, y, error)
  }

  /** Returns the real root with an odd index, and the principal root with an even index. */
  root(z: Approximation, index: bigint): Approximation {
    if (index === 2n) return this.sqrt(z)
    const exponent = this.inverse(this.whole(index))
    if (index % 2n === 1n && z.im.isZero() && z.re.lt(0)) return this.negate(this.power(this.negate(z), exponent))
    return this.power(z, exponent)
  }

  exp(z: Approximation): Approximation {
    if (z.error.gt(0.1)) throw new NoValue()
    const length = this.#visible(z.re.exp())
    const [re, im] = z.im.isZero() ? [length, z.im] : [length.times(z.im.cos()), length.times(z.im.sin())]
    return this.#rounded(re, im, bound(length).times(z.error.times(3).plus(this.#unit)))
  }

  ln(given: Approximation): Approximation {
    const z = this.#offCut(given)
    const error = z.error.div(this.#nonzero(z)).times(2)
    if (z.im.isZero() && z.re.gt(0)) return this.#rounded(z.re.ln(), z.im, error)
    if (z.im.isZero()) this.leaveReals()
    return this.#rounded(this.#length(z).ln(), this.#Number.atan2(z.im, z.re), error.plus(this.#unit))
  }

  sin(z: Approximation): Approximation {
    if (z.im.isZero()) return this.#rounded(z.re.sin(), z.im, this.#wave(z))
    const [a, b] = this.#exponentials(z)
    return this.multiply(this.add(a, this.negate(b)), this.inverse({ ...this.i, im: new this.#Number(2) }))
  }

  cos(z: Approximation): Approximation {
    if (z.im.isZero()) return this.#rounded(z.re.cos(), z.im, this.#wave(z))
    const [a, b] = this.#exponentials(z)
    return this.multiply(this.add(a, b), this.inverse(this.whole(2)))
  }

  /** Error of a sine or cosine of a real number. */
  #wave(z: Approximation): Decimal {
    if (z.error.gt(0.1)) throw new NoValue()
    return z.error.plus(this.#unit)
  }

  #exponentials(z: Approximation): readonly [Approximation, Approximation] {
    const turned = this.multiply(this.i, z)
    return [this.exp(turned), this.exp(this.negate(turned))]
  }

  arcsin(z: Approximation): Approximation {
    const slope = this.sqrt(this.add(this.whole(1), this.negate(this.multiply(z, z))))
    if (z.im.isZero() && z.re.abs().lte(1))
      return this.#rounded(z.re.asin(), z.im, this.#errorOver(z.error, size(slope)))
    return this.multiply(this.negate(this.i), this.ln(this.add(this.multiply(this.i, z), slope)))
  }

  /** Error of a value whose derivative is 1 / slope. A slope of about 0 gives a root of the error. */
  #errorOver(error: Decimal, slope: Decimal): Decimal {
    const rounded = error.plus(this.#unit)
    return Bound.min(rounded.sqrt().times(4), rounded.div(Bound.max(slope, rounded)).times(4))
  }

  arccos(z: Approximation): Approximation {
    return this.add(
      this.multiply(this.pi, this.fraction({ numerator: 1n, denominator: 2n })),
      this.negate(this.arcsin(z)),
    )
  }

  arctan(z: Approximation): Approximation {
    if (z.im.isZero()) return this.#rounded(z.re.atan(), z.im, z.error)
    const turned = this.multiply(this.i, z)
    const [one, half] = [this.whole(1), { ...this.i, im: new this.#Number('0.5') }]
    const logarithms = [this.ln(this.add(one, this.negate(turned))), this.negate(this.ln(this.add(one, turned)))]
    return this.multiply(half, this.add(logarithms[0]!, logarithms[1]!))
  }

  abs(z: Approximation): Approximation {
    return this.#rounded(this.#length(z), new this.#Number(0), z.error.times(2))
  }

  /** Returns the whole number that is certainly the floor of a real number. */
  floor(z: Approximation): Approximation {
    const [low, high] = [z.re.minus(z.error).floor(), z.re.plus(z.error).floor()]
    if (!z.im.isZero() || !low.eq(high)) throw new NoValue()
    return this.#rounded(low, z.im, NONE)
  }

  /** Returns a negative number if a < b, a positive number if a > b, and 0 if both may be equal. Both must be real. */
  compare(a: Approximation, b: Approximation): number {
    if (!a.im.isZero() || !b.im.isZero()) throw new NoValue()
    const distance = a.re.minus(b.re)
    return distance.abs().lte(a.error.plus(b.error)) ? 0 : distance.cmp(0)
  }

  /** Returns the whole number that an approximation stands for; null if it stands for none. */
  wholeOf(z: Approximation): bigint | null {
    const nearest = z.re.round()
    const isNear = z.re.minus(nearest).abs().lte(z.error) && z.im.abs().lte(z.error)
    return isNear && nearest.abs().lt(1e15) && z.error.lt(0.1) ? BigInt(nearest.toFixed(0)) : null
  }

  /** Checks that a result that cannot be 0 is not too small for the library, which would make it 0. */
  #visible(value: Decimal): Decimal {
    if (value.isZero()) throw new NoValue()
    return value
  }

  #length(z: Approximation): Decimal {
    return z.im.isZero() ? z.re.abs() : z.re.times(z.re).plus(z.im.times(z.im)).sqrt()
  }

  /** Moves a number that rounding took off the negative real axis back to it, because roots and logarithms jump there. */
  #offCut(z: Approximation): Approximation {
    return !z.im.isZero() && z.re.lt(0) && z.im.abs().lte(z.error) ? { ...z, im: new this.#Number(0) } : z
  }

  /** Returns a lower bound of the size of a number that is certainly not 0. */
  #nonzero(z: Approximation): Decimal {
    const least = Bound.max(bound(z.re), bound(z.im))
    if (least.lte(z.error.times(4))) throw new NoValue()
    return least
  }

  #rounded(re: Decimal, im: Decimal, error: Decimal): Approximation {
    if (!re.isFinite() || !im.isFinite() || !error.isFinite()) throw new NoValue()
    const result = { re, im, error }
    return { ...result, error: error.plus(size(result).times(this.#unit)) }
  }
}

const bound = (value: Decimal): Decimal => new Bound(value).abs()

/** Upper bound of the absolute value. */
const size = ({ re, im }: Approximation): Decimal => bound(re).plus(bound(im))

/** Returns whether a number is certainly not 0. */
export const isNonzero = (z: Approximation): boolean => Bound.max(bound(z.re), bound(z.im)).gt(z.error)
