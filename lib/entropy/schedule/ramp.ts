import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { band } from '../band.js'
import type { Band } from '../../rollout/band.js'

/** From one band to another over a number of steps; the last band holds beyond them. */
export interface Ramp {
  readonly from: Band
  readonly to: Band
  readonly steps: number
}

/** @errors RangeError naming the field and both bounds */
export const checkBand = (field: string, { low, high }: Band): Band =>
  pipe(
    band(low, high),
    E.getOrElse<{ readonly message: string }, Band>(({ message }) => {
      throw new RangeError(`${field}: ${message}`)
    }),
  )

/** @errors RangeError */
export const checkRamp = (name: string, { from, to, steps }: Ramp): Ramp => {
  if (!Number.isFinite(steps) || steps <= 0)
    throw new RangeError(`${name}.steps: found ${steps}, expected a finite number > 0`)
  return { from: checkBand(`${name}.from`, from), to: checkBand(`${name}.to`, to), steps }
}

/** How far a run of so many steps has come, in [0, 1]. */
export const progress = (step: number, steps: number): number => Math.min(Math.max(step / steps, 0), 1)

/**
 * The band a share of the way between two.
 *
 *     bound = (1 - p) from + p to
 *
 * Exact at both ends, and the rounding of this form, unlike `from + (to - from) p`, cannot lift low above high.
 */
export const between = (from: Band, to: Band, share: number): Band => ({
  low: (1 - share) * from.low + share * to.low,
  high: (1 - share) * from.high + share * to.high,
})
