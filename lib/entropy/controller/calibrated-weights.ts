import { forEachTokenOf } from '../../batch/tokens.js'
import type { MeasuredBatch } from '../../rollout/batch.js'
import type { EntropyState } from '../../rollout/entropy-state.js'
import { sum } from '../../statistics.js'
import {
  addMeasurement,
  addUpdate,
  calibratedOptions,
  type CalibratedOptions,
  type Calibration,
  neededChange,
  uncalibrated,
} from '../calibration.js'
import type { Controller } from '../controller.js'
import { predictions } from '../predicted-change.js'

/**
 * Controller that gives less weight to the advantages which move entropy away from the middle of its band.
 *
 *     H < target    A' = w A where dH(y) < 0        w in [0, 1]: the largest with P >= P*, or 0
 *     H > target    A' = w A where dH(y) > 0        w in [0, 1]: the largest with P <= P*, or 0
 *
 * P, P* and dH(y) are those of the filter `calibrated`, which rejects where this controller weighs. Until the gain is known, w is 0
 * outside the band and 1 inside. Combine it with the filter `everything`: its memory does not know what a filter rejects.
 *
 * @shape  advantages_B [B]  ->  [B]
 * @units  dH in nats per unit learning rate
 * @source ours; PAPO, arXiv:2605.11775, weighs advantages by entropy, too
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), controller: calibratedWeights() })
 */
export const calibratedWeights = (options: CalibratedOptions = {}): Controller<Calibration> => {
  const chosen = calibratedOptions(options)
  return {
    name: 'calibrated-weights',
    rewards: 'any',
    initial: uncalibrated,
    control: (state, batch, before) => {
      const measured = addMeasurement(before, state, batch, chosen)
      const { change_B, tokens } = predictedChanges(batch, predictions[chosen.prediction](batch))
      const { direction, weight } = weighing(state, change_B, tokens, neededChange(measured, state, chosen))
      const weight_B = change_B.map((change) => (direction * change < 0 ? weight : 1))
      const P = sum(change_B.map((change, b) => change * weight_B[b]!)) / tokens
      return {
        memory: tokens === 0 ? measured : addUpdate(measured, batch.step, P),
        advantages_B: batch.advantages_B.map((advantage, b) => advantage * weight_B[b]!),
      }
    },
  }
}

/** Predicted change of each response, and the number of tokens of those that the estimator did not exclude. */
const predictedChanges = (batch: MeasuredBatch, change_BT: Float64Array) => {
  let tokens = 0
  const change_B = Float64Array.from(batch.responses, (_, b) => {
    let change = 0
    forEachTokenOf(batch, b, (place) => (change += change_BT[place]!))
    if (!Number.isNaN(batch.advantages_B[b]!)) tokens += batch.responses[b]!.completion.tokens.length
    return change
  })
  return { change_B, tokens }
}

/** Direction in which entropy has to go, and the weight of the responses that move it the other way. */
const weighing = ({ drift }: EntropyState, change_B: Float64Array, tokens: number, needed: number | null) => {
  if (needed === null) return { direction: -drift, weight: 0 }
  const direction = Math.sign(needed)
  const wanted = sum(change_B.filter((change) => direction * change > 0))
  const unwanted = sum(change_B.filter((change) => direction * change < 0))
  const weight = unwanted === 0 ? 1 : (needed * tokens - wanted) / unwanted
  return { direction, weight: Math.min(1, Math.max(0, weight)) }
}
