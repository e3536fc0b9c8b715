import type { Schedule } from '../band.js'
import { between, checkRamp, progress, type Ramp } from './ramp.js'

/**
 * A band that leaves and arrives slowly and moves fastest half way.
 *
 *     p(s) = (1 - cos(pi s / S)) / 2
 *
 * @errors RangeError for bounds that are no band, or steps that are not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 */
export const cosineBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('cosine', ramp)
  return (step) => between(from, to, (1 - Math.cos(Math.PI * progress(step, steps))) / 2)
}
