import type { Band, Drift } from '../rollout/band.js'

/**
 * Which way entropy left its band.
 *
 *     m = [H > high] - [H < low]
 *
 * NaN, the entropy of a batch without tokens, counts as inside: there is nothing to correct.
 *
 * @units  nats per token
 * @source Entrocraft, arXiv:2604.26326, Algorithm 1
 */
export const drift = (entropy: number, { low, high }: Band): Drift => {
  if (entropy > high) return 1
  if (entropy < low) return -1
  return 0
}
