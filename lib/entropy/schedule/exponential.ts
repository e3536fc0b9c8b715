import type { Schedule } from '../band.js'
import { checkRamp, interpolateBands, type Ramp, rampProgress } from './ramp.js'

/** Number of time constants in a ramp. After a third of the ramp, two thirds of the way are done. */
const TIME_CONSTANTS = 3

/**
 * Schedule along an exponential: the band moves fastest at first, and slower and slower towards its end. The last band holds
 * after that.
 *
 *     u = s / (S - 1)    p(s) = (1 - e^(-3u)) / (1 - e^-3)    band(s) = (1 - p) from + p to    from [0.6, 0.7] to [0.1, 0.2]   \___
 *
 * The steps are 0 to S - 1, so the run ends in the last band.
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if the bounds do not form a band, or if `steps` is not a finite number > 0
 * @example
 * exponentialBand({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 200 })
 */
export const exponentialBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('exponential', ramp)
  return (step) =>
    interpolateBands(from, to, Math.expm1(-TIME_CONSTANTS * rampProgress(step, steps)) / Math.expm1(-TIME_CONSTANTS))
}
