import { forEachTokenOf } from '../../batch/tokens.js'
import type { FilteredBatch, MeasuredBatch } from '../../rollout/batch.js'
import type { EntropyState } from '../../rollout/entropy-state.js'

/**
 * Accepts single tokens: token t of response b trains if `trains(b, place)` is true, where place = b T + t.
 *
 * `trains` is called for every completion token, except those of a response that the estimator excluded (A = NaN), which
 * never trains. A response is accepted if any of its tokens trains.
 *
 * @shape mask_BT [B, T], 0 in the padding; accepted_B [B]
 * @example
 * // A filter that trains only tokens of high entropy.
 * admit: (state, batch) => admitTokens(state, batch, (_, place) => batch.scores.entropy_BT[place]! > 1)
 */
export const admitTokens = (
  state: EntropyState,
  batch: MeasuredBatch,
  trains: (row: number, place: number) => boolean,
): FilteredBatch => {
  const mask_BT = new Uint8Array(batch.responses.length * batch.width)
  const accepted_B = batch.responses.map((_, b) => {
    if (Number.isNaN(batch.advantages_B[b]!)) return false
    let isAccepted = false
    forEachTokenOf(batch, b, (place) => {
      if (!trains(b, place)) return
      mask_BT[place] = 1
      isAccepted = true
    })
    return isAccepted
  })
  return { ...batch, state, mask_BT, accepted_B }
}

/**
 * Accepts whole responses: all tokens of response b train if `accepts(b)` is true, otherwise none.
 *
 * @shape mask_BT [B, T], 0 in the padding; accepted_B [B]
 * @example
 * // A filter that trains only short responses.
 * admit: (state, batch) => admitResponses(state, batch, (b) => batch.responses[b]!.completion.tokens.length < 100)
 */
export const admitResponses = (
  state: EntropyState,
  batch: MeasuredBatch,
  accepts: (row: number) => boolean,
): FilteredBatch => admitTokens(state, batch, accepts)
