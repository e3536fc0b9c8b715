import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { band } from '../band.js'
import type { Band } from '../../rollout/band.js'

/** Ramp from one band to another; the last band holds after it. */
export interface Ramp {
  /** Band at step 0. @units nats per token */
  readonly from: Band
  /** Band at the last step of the ramp, and after it. @units nats per token */
  readonly to: Band
  /** Number of steps of the ramp, its first and last included; the number of steps of the run makes the run end in `to`. @units training steps */
  readonly steps: number
}

/** Returns the band if its bounds are valid. @errors RangeError that names the field and both bounds */
export const checkBand = (field: string, { low, high }: Band): Band =>
  pipe(
    band(low, high),
    E.getOrElse<{ readonly message: string }, Band>(({ message }) => {
      throw new RangeError(`${field}: ${message}`)
    }),
  )

/** Returns the ramp if its bands and its length are valid. @errors RangeError that names the field */
export const checkRamp = (name: string, { from, to, steps }: Ramp): Ramp => {
  if (!Number.isFinite(steps) || steps <= 0)
    throw new RangeError(`${name}.steps: found ${steps}, expected a finite number > 0`)
  return { from: checkBand(`${name}.from`, from), to: checkBand(`${name}.to`, to), steps }
}

/** Share of a distance that lies before a step, held in [0, 1]. */
export const progress = (step: number, distance: number): number => Math.min(Math.max(step / distance, 0), 1)

/**
 * Share of a ramp at a step: 0 at step 0, and 1 at the last of its steps, which has the number steps - 1. A ramp of one step
 * is at its end.
 */
export const rampProgress = (step: number, steps: number): number =>
  steps > 1 ? progress(step, steps - 1) : step < 0 ? 0 : 1

/**
 * Band between two bands, at a share p of the distance from the first to the second.
 *
 *     bound = (1 - p) from + p to
 *
 * The result is exact at both ends. The rounding of this form cannot lift low above high; that of `from + (to - from) p`
 * can.
 */
export const interpolateBands = (from: Band, to: Band, share: number): Band => ({
  low: (1 - share) * from.low + share * to.low,
  high: (1 - share) * from.high + share * to.high,
})
