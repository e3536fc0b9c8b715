import { forEachTokenOf } from '../../batch/tokens.js'
import type { MeasuredBatch } from '../../rollout/batch.js'
import type { CalibratedOptions, Calibration } from '../calibration.js'
import type { Filter } from '../filter.js'
import { predictedChange_BT, type PredictionName } from '../predicted-change.js'
import { calibratedFilter, type Units } from './calibrated-filter.js'

/** Tokens of a batch as the units that a filter accepts or rejects. */
const tokensOf = (batch: MeasuredBatch, prediction: PredictionName): Units => {
  const change = predictedChange_BT(batch, prediction)
  const tokens = new Uint8Array(change.length)
  batch.advantages_B.forEach((advantage, b) => {
    if (!Number.isNaN(advantage)) forEachTokenOf(batch, b, (place) => (tokens[place] = 1))
  })
  return { change, tokens }
}

/**
 * Filter that rejects as many tokens as the entropy needs to go to the middle of its band, and no more. A response that loses all its
 * tokens is rejected.
 *
 * It applies the law of the filter `calibrated` to single tokens: it rejects the token of most negative, or most positive, dH_t.
 *
 * @shape  mask_BT [B, T]
 * @units  dH in nats per unit learning rate
 * @source our variant of Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: calibratedToken() })
 */
export const calibratedToken = (options: CalibratedOptions = {}): Filter<Calibration> =>
  calibratedFilter('calibrated-token', options, tokensOf, (_, place) => place)
