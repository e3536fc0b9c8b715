import type { Schedule } from '../band.js'
import { between, checkRamp, progress, type Ramp } from './ramp.js'

/**
 * A band that moves by the same amount every step: the paper's best.
 *
 *     p(s) = s / S        from [0.6, 0.7] to [0.1, 0.2]   ‾‾\__
 *
 * @errors RangeError for bounds that are no band, or steps that are not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 */
export const linearBand = (ramp: Ramp): Schedule => {
  const { from, to, steps } = checkRamp('linear', ramp)
  return (step) => between(from, to, progress(step, steps))
}
