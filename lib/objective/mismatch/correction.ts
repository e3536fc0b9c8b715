import type { FilteredBatch } from '../../rollout/batch.js'

/**
 * Makes up for a sampler that was not quite the learner: another engine, older weights, other numerics. Reads
 *
 *     d_t = logprob of the learner's scoring pass - logprob of the sampler
 *
 * The sampler's are those of the distribution that was drawn from, temperature, top-k and top-p applied; only where
 * these change nothing does d measure the mismatch alone.
 *
 * @shape [B, T]; importance of each token's advantage, or tokens taken out of the mask
 */
export type Correction = (batch: FilteredBatch) => Pick<FilteredBatch, 'importance_BT' | 'mask_BT' | 'accepted_B'>

/** d of every completion token, 0 beyond them. @shape [B, T] @units nats */
export const mismatch_BT = ({ responses, width, scores }: FilteredBatch): Float64Array => {
  const mismatch_BT = new Float64Array(responses.length * width)
  responses.forEach(({ completion: { logprobs_T } }, b) => {
    logprobs_T.forEach((logprob, t) => {
      mismatch_BT[b * width + t] = scores.logprobs_BT[b * width + t]! - logprob
    })
  })
  return mismatch_BT
}
