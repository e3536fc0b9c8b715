import type { Schedule } from '../band.js'
import type { Band } from '../../rollout/band.js'
import { checkBand } from './ramp.js'

/**
 * The same band at every step.
 *
 * @errors RangeError for bounds that are no band
 * @source Entrocraft, arXiv:2604.26326, section 5.3
 */
export const constantBand = (band: Band): Schedule => {
  const held = checkBand('constant', band)
  return () => held
}
