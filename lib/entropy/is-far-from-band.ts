import type { Band } from '../rollout/band.js'

/** Ratio of the entropy to a bound, or of a bound to the entropy, from which on the band is far. */
const FAR = 1.5

/**
 * Returns whether an entropy is so far from its band that a filter needs many steps to move it there.
 *
 *     H > 1.5 high   or   H < low / 1.5
 *
 * The rule is a ratio, because entropies of models differ by a factor of ten, and a band may have no width. The entropy of a
 * batch without tokens is NaN, and is far from no band.
 *
 * @units nats per token
 * @example
 * isFarFromBand(2, { low: 0.5, high: 0.6 }) // true
 */
export const isFarFromBand = (entropy: number, { low, high }: Band): boolean =>
  entropy > FAR * high || FAR * entropy < low
