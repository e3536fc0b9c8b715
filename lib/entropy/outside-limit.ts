import type { Band } from '../rollout/band.js'

/** Side on which entropy is outside its hard limit. */
export type LimitSide = 'below' | 'above'

/**
 * Returns the side on which entropy is outside a hard limit; null if it is inside, bounds included, and for an entropy that
 * was not measured.
 *
 * @units nats per token
 */
export const outsideLimit = (entropy: number, { low, high }: Band): LimitSide | null =>
  entropy < low ? 'below' : entropy > high ? 'above' : null
