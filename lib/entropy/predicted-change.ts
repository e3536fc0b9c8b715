import { type DistributionNeed, distributionMissing, distributionOf } from '../batch/distribution.js'
import { forEachRow, tokenMean } from '../batch/tokens.js'
import type { MeasuredBatch } from '../rollout/batch.js'
import type { Scores } from '../rollout/scores.js'
import { sum } from '../statistics.js'

type AdvantagedScores = Pick<MeasuredBatch, 'responses' | 'advantages_B' | 'scores' | 'width'>

/** Predicted change at each token for A = 1. */
type UnitChange = (batch: AdvantagedScores) => (place: number) => number

const instead = 'set `prediction` to sampled'

/** Statistics of the distribution at a position that each prediction reads; undefined if it reads only log-probs. */
export const predictionNeeds = {
  's-form': { reads: 'S and E_p[S] of every token', instead },
  // With sampled scores H_t is -log p_t, so log p_t + H_t is 0 at every token.
  covariance: { reads: 'the entropy of every token', instead },
  sampled: undefined,
} as const satisfies Record<string, DistributionNeed | undefined>

const unitChanges = {
  's-form': ({ scores }) => {
    const { expectedS_BT, s_BT } = distributionOf(scores, 'prediction s-form', predictionNeeds['s-form'])
    return (place) => expectedS_BT[place]! - s_BT[place]!
  },
  covariance: ({ scores }) => {
    if (scores.method === 'sampled') throw distributionMissing('prediction covariance', predictionNeeds.covariance)
    const { logprobs_BT, entropy_BT } = scores
    return (place) => -(logprobs_BT[place]! + entropy_BT[place]!)
  },
  sampled: (batch) => {
    const { logprobs_BT } = batch.scores
    const mean = tokenMean(batch, logprobs_BT)
    return (place) => mean - logprobs_BT[place]!
  },
} as const satisfies Record<keyof typeof predictionNeeds, UnitChange>

/** Name of a prediction of the entropy change; see {@link predictedChange_BT}. */
export type PredictionName = keyof typeof unitChanges

export const predictionNames = Object.keys(unitChanges) as readonly PredictionName[]

/** Field `needsDistribution` of a filter or controller that acts on a prediction; null for one that fits all scores. */
export const needOf = (prediction: PredictionName | null): { readonly needsDistribution?: DistributionNeed } => {
  const need = prediction === null ? undefined : predictionNeeds[prediction]
  return need === undefined ? {} : { needsDistribution: need }
}

/** Prediction on which calibrated control acts if none is chosen: `covariance`, or `sampled` for sampled scores. */
export const controlPrediction = ({ method }: Scores): PredictionName =>
  method === 'sampled' ? 'sampled' : 'covariance'

/** Prediction that reports have: `s-form`, or `sampled` for sampled scores. */
const reportedPrediction = ({ distribution }: Scores): PredictionName =>
  distribution === undefined ? 'sampled' : 's-form'

/**
 * First-order entropy change at each token, if the policy takes one gradient step on that token alone.
 *
 *     s-form       dH_bt = -A_b (S_bt - E_p[S]_bt)              a gradient step on the logits; S_i = p_i (H + log p_i)
 *     covariance   dH_bt = -A_b (log p_bt + H_bt)               a natural gradient step
 *     sampled      dH_bt = -A_b (log p_bt - mean log p)         the mean is over the tokens of the batch
 *
 * A positive value means that the step spreads the distribution. The value is 0 in a response that the estimator excluded
 * (A = NaN), because that response makes no step. The forms `s-form` and `covariance` are exact to first order for a softmax over
 * its own logits (see theory.ts). For a network, whose tokens share weights, they are estimates. The form `sampled` reads nothing but
 * the log-probs of the sampled tokens. By default the form is `s-form`, and `sampled` if the scores are sampled.
 *
 * @shape  [B, T], 0 in the padding
 * @units  nats per unit learning rate
 * @errors PipelineError BadAlgorithm for the forms `s-form` and `covariance` of sampled scores
 * @source Entrocraft, arXiv:2604.26326, section 4, for `s-form`; Cui et al., arXiv:2505.22617, for `covariance`; `sampled` is
 *         ours
 */
export const predictedChange_BT = (
  batch: AdvantagedScores,
  prediction: PredictionName = reportedPrediction(batch.scores),
): Float64Array => {
  const unitChange = unitChanges[prediction](batch)
  const change_BT = new Float64Array(batch.responses.length * batch.width)
  forEachRow(batch, (first, end, b) => {
    const advantage = batch.advantages_B[b]!
    if (Number.isNaN(advantage)) return
    for (let place = first; place < end; place++) change_BT[place] = advantage * unitChange(place)
  })
  return change_BT
}

/**
 * First-order entropy change of each response: the sum over its tokens.
 *
 *     dH(y) = sum_t dH_t
 *
 * @shape  [B]
 * @units  nats per unit learning rate, summed over the response
 * @source Entrocraft, arXiv:2604.26326, section 4
 */
export const predictedChange_B = (batch: AdvantagedScores, prediction?: PredictionName): Float64Array => {
  const change_BT = predictedChange_BT(batch, prediction)
  return Float64Array.from(batch.responses, (_, b) => sum(change_BT.subarray(b * batch.width, (b + 1) * batch.width)))
}

/**
 * First-order entropy change of a batch: the mean over the tokens that train.
 *
 *     dH = sum_bt mask_bt dH_bt / sum_bt mask_bt        0 where nothing trains
 *
 * Without a mask, all tokens train except those of responses that the estimator excluded. The form of dH_bt is the default one of
 * {@link predictedChange_BT}.
 *
 * @shape mask_BT [B, T], 1 where a token trains
 * @units nats per token and unit learning rate
 */
export const predictedChange = (batch: AdvantagedScores, mask_BT?: Uint8Array): number => {
  const change_BT = predictedChange_BT(batch)
  if (mask_BT !== undefined) return trainedChange(change_BT, mask_BT)
  const tokens = sum(tokensWithAdvantage_B(batch))
  return tokens === 0 ? 0 : sum(change_BT) / tokens
}

/** Mean of the predicted change of each token over the tokens that train; 0 where nothing trains. @shape change_BT, mask_BT [B, T] */
export const trainedChange = (change_BT: Float64Array, mask_BT: Uint8Array): number => {
  let [tokens, total] = [0, 0]
  for (let place = 0; place < mask_BT.length; place++)
    if (mask_BT[place] === 1) {
      tokens++
      total += change_BT[place]!
    }
  return tokens === 0 ? 0 : total / tokens
}

/** Number of tokens of each response; 0 for a response that the estimator excluded. @shape [B] */
export const tokensWithAdvantage_B = ({ responses, advantages_B }: AdvantagedScores): readonly number[] =>
  responses.map(({ completion }, b) => (Number.isNaN(advantages_B[b]!) ? 0 : completion.tokens.length))
