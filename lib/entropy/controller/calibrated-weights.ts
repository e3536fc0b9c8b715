import { sum } from '../../statistics.js'
import {
  addUpdate,
  calibrate,
  calibratedOptions,
  type CalibratedOptions,
  type Calibration,
  uncalibrated,
} from '../calibration.js'
import type { Controller } from '../controller.js'
import { controlPrediction, needOf, predictedChange_B, tokensWithAdvantage_B } from '../predicted-change.js'

/**
 * Controller that weighs advantages by their predicted effect on entropy, as much as entropy needs to go to the middle of its band.
 *
 *     A' = (1 + alpha) A where dH(y) moves entropy to the target, (1 - alpha) A where it moves entropy away
 *     alpha in [0, 1]: the smallest with a predicted change P in the needed range, or 1
 *
 * The range of P and dH(y) are those of the filter `calibrated`, which rejects where this controller weighs. Until the gain is known, alpha is 1
 * outside the band and 0 inside. Combine it with the filter `everything`: its memory does not know what a filter rejects.
 *
 * @shape  advantages_B [B]  ->  [B]
 * @units  dH in nats per unit learning rate; alpha without unit
 * @source ours; the weights are those of EntroPIC, arXiv:2511.15248
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), controller: calibratedWeights() })
 */
export const calibratedWeights = (options: CalibratedOptions = {}): Controller<Calibration> => {
  const chosen = calibratedOptions(options)
  return {
    name: 'calibrated-weights',
    rewards: 'any',
    initial: uncalibrated,
    ...needOf(chosen.prediction),
    control: (state, batch, before) => {
      const { measured, needed } = calibrate(before, state, batch, chosen)
      const change_B = predictedChange_B(batch, chosen.prediction ?? controlPrediction(batch.scores))
      const tokens = sum(tokensWithAdvantage_B(batch))
      const { direction, alpha } =
        needed === null
          ? { direction: -state.drift, alpha: Math.abs(state.drift) }
          : smallestAlpha(change_B, needed.least * tokens, needed.most * tokens)
      const weight_B = change_B.map((change) => 1 + alpha * direction * Math.sign(change))
      const predicted = sum(change_B.map((change, b) => change * weight_B[b]!)) / tokens
      return {
        memory: tokens === 0 ? measured : addUpdate(measured, batch.step, predicted),
        advantages_B: batch.advantages_B.map((advantage, b) => advantage * weight_B[b]!),
      }
    },
  }
}

/** Direction from the sum of the changes to the range, and the smallest alpha in [0, 1] with which the weighed sum is in it, or 1. */
const smallestAlpha = (change_B: Float64Array, least: number, most: number) => {
  const total = sum(change_B)
  const missing = total < least ? least - total : total > most ? most - total : 0
  const alpha = missing === 0 ? 0 : Math.min(1, Math.abs(missing) / sum(change_B.map(Math.abs)))
  return { direction: Math.sign(missing), alpha }
}
