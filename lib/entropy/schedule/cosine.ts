import type { Schedule } from '../band.js'
import { checkRamp, interpolateBands, type Ramp, rampProgress } from './ramp.js'

/**
 * Schedule along half a cosine: the band moves slowly at both ends and fastest half way. The last band holds after that.
 *
 *     p(s) = (1 - cos(pi s / (S - 1))) / 2        band(s) = (1 - p) from + p to
 *
 * The steps are 0 to S - 1, so the run ends in the last band.
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if the bounds do not form a band, or if `steps` is not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 * @example
 * cosineBand({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 200 })
 */
export const cosineBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('cosine', ramp)
  return (step) => interpolateBands(from, to, (1 - Math.cos(Math.PI * rampProgress(step, steps))) / 2)
}
