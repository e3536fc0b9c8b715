import type { MeasuredBatch } from '../../rollout/batch.js'
import type { CalibratedOptions, Calibration } from '../calibration.js'
import type { Filter } from '../filter.js'
import { predictedChange_B, type PredictionName, tokensWithAdvantage_B } from '../predicted-change.js'
import { calibratedFilter, type Units } from './calibrated-filter.js'

/** Responses of a batch as the units that a filter accepts or rejects. */
const responsesOf = (batch: MeasuredBatch, prediction: PredictionName): Units => ({
  change: predictedChange_B(batch, prediction),
  tokens: tokensWithAdvantage_B(batch),
})

/**
 * Filter that rejects as many responses as the entropy needs to go to the middle of its band, and no more.
 *
 *     dH(y) = sum_t dH_t                     predicted change of a response, by default dH_t = -A (log p_t + H_t)
 *     P     = sum dH / number of tokens      predicted change of the accepted responses
 *     g                                      measured change per predicted change, from the updates before
 *     d     = H - target                    distance to the target, the middle of the band
 *     d'    = d + g P - (next target - target)
 *                                            expected distance after the update
 *
 *     d > 0    the needed range is -o <= d' <= 0.7 d      o: a quarter of the width of the band
 *     d < 0    the needed range is 0.7 d <= d' <= o
 *
 *     d' below its range    reject the response of most negative dH while d' is below and any dH <= 0 is left
 *     d' above its range    reject the response of most positive dH while d' is above and any dH >= 0 is left
 *
 * Until g is known, it accepts the responses with m dH <= 0, as the filter `predicted` does (m: +1 above, -1 below, 0 inside the
 * band). See {@link Calibration} for the memory, and docs/calibrated-control.md for the derivation.
 *
 * @shape  accepted_B [B]
 * @units  dH in nats per unit learning rate
 * @source our variant of Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: calibrated({ prediction: 'sampled' }) })
 */
export const calibrated = (options: CalibratedOptions = {}): Filter<Calibration> =>
  calibratedFilter('calibrated', options, responsesOf, (row) => row)
