import type { Band, Drift } from '../rollout/band.js'

/**
 * Returns the side on which an entropy lies outside its band: +1 above, -1 below, 0 inside.
 *
 *     m = [H > high] - [H < low]
 *
 * The entropy of a batch without tokens is NaN. It counts as inside, because there is nothing to correct.
 *
 * @units  nats per token
 * @source Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * drift(0.3, { low: 0.4, high: 0.6 }) // -1
 */
export const drift = (entropy: number, { low, high }: Band): Drift => {
  if (entropy > high) return 1
  if (entropy < low) return -1
  return 0
}
