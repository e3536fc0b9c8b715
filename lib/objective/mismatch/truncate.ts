import { type Correction, mismatch_BT } from './correction.js'

/**
 * Truncated importance sampling, token by token: the advantage of token t counts min( exp(d_t), cap ) times.
 *
 * @source Yao et al., "Your efficient RL framework secretly brings you off-policy RL training", 2025 (cap 2)
 */
export const truncate =
  (cap = 2): Correction =>
  (batch) => ({
    mask_BT: batch.mask_BT,
    accepted_B: batch.accepted_B,
    importance_BT: Float32Array.from(mismatch_BT(batch), (d) => Math.min(Math.exp(d), cap)),
  })
