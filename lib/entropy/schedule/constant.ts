import type { Band } from '../../rollout/band.js'
import type { Schedule } from '../band.js'
import { checkBand } from './ramp.js'

/**
 * Schedule with the same band at every step.
 *
 * @units  nats per token
 * @errors RangeError if the bounds do not form a band
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 * @example
 * constantBand({ low: 0.4, high: 0.5 })(100) // { low: 0.4, high: 0.5 }
 */
export const constantBand = (band: Band): Schedule => {
  const bandAtEveryStep = checkBand('constant', band)
  return () => bandAtEveryStep
}
