import type { FilteredBatch, MeasuredBatch } from '../../rollout/batch.js'
import type { EntropyState } from '../../rollout/entropy-state.js'

/**
 * Lets single tokens in: `trains(b, i)` is asked for every real token of response b, i being its place in a [B, T] matrix.
 * It is not asked of a response that the estimator excluded, whose advantage is NaN: that one never trains.
 *
 * @shape mask_BT [B, T], zero beyond a response's length
 */
export const admitTokens = (
  state: EntropyState,
  batch: MeasuredBatch,
  trains: (b: number, i: number) => boolean,
): FilteredBatch => {
  const { responses, width } = batch
  const mask_BT = new Uint8Array(responses.length * width)
  const accepted_B = responses.map(({ completion }, b) => {
    if (Number.isNaN(batch.advantages_B[b]!)) return false
    let any = false
    for (let i = b * width; i < b * width + completion.tokens.length; i++) {
      if (!trains(b, i)) continue
      mask_BT[i] = 1
      any = true
    }
    return any
  })
  return { ...batch, state, mask_BT, accepted_B }
}

/** Lets whole responses in: all tokens of response b, or none. */
export const admitResponses = (
  state: EntropyState,
  batch: MeasuredBatch,
  accepts: (b: number) => boolean,
): FilteredBatch => admitTokens(state, batch, accepts)
