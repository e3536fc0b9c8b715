import type { Schedule } from '../band.js'
import { checkRamp, interpolateBands, type Ramp, rampProgress } from './ramp.js'

/**
 * Schedule along a line: the band moves by the same amount at every step, the best schedule of the paper. The last band
 * holds after that.
 *
 *     p(s) = s / (S - 1)        band(s) = (1 - p) from + p to        from [0.6, 0.7] to [0.1, 0.2]   ‾‾\__
 *
 * The steps are 0 to S - 1, so the run ends in the last band. The released code counts its steps from 1 and has p = s / S:
 * it ends in the same band, and its first band is 1 / S of the way from the first band of this schedule.
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if the bounds do not form a band, or if `steps` is not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 * @example
 * linearBand({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 200 })
 */
export const linearBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('linear', ramp)
  return (step) => interpolateBands(from, to, rampProgress(step, steps))
}
