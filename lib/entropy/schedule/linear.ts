import type { Schedule } from '../band.js'
import { checkRamp, interpolateBands, progress, type Ramp } from './ramp.js'

/**
 * Schedule along a line: the band moves by the same amount at every step, the best schedule of the paper. The last band
 * holds after that.
 *
 *     p(s) = s / S        band(s) = (1 - p) from + p to        from [0.6, 0.7] to [0.1, 0.2]   ‾‾\__
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if the bounds do not form a band, or if `steps` is not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 * @example
 * linearBand({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 200 })
 */
export const linearBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('linear', ramp)
  return (step) => interpolateBands(from, to, progress(step, steps))
}
