import { trainedMean } from '../minibatch.js'
import { type Correction, mismatch_BT } from './correction.js'

/**
 * Takes out whole responses whose mean mismatch is too large:
 *
 *     kept where 1 / cap <= exp( mean_t d_t ) <= cap        mean over its trained tokens
 *
 * The mean, not the sum: by the product of their ratios nearly all long responses would go.
 */
export const maskSequence =
  (cap = 2): Correction =>
  (batch) => {
    const { width, mask_BT, accepted_B } = batch
    const d_BT = mismatch_BT(batch)
    const kept_B = accepted_B.map(
      (accepted, b) => accepted && Math.abs(trainedMean(batch, b, (place) => d_BT[place]!)) <= Math.log(cap),
    )
    return {
      accepted_B: kept_B,
      mask_BT: mask_BT.map((trains, i) => (kept_B[Math.floor(i / width)] === true ? trains : 0)),
    }
  }
