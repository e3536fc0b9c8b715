import { forEachToken, tokenMean } from '../batch/tokens.js'
import type { MeasuredBatch } from '../rollout/batch.js'
import { sum } from '../statistics.js'

type AdvantagedScores = Pick<MeasuredBatch, 'responses' | 'advantages_B' | 'scores' | 'width'>

/**
 * First-order entropy change at each token, if the policy takes one gradient step on that token alone.
 *
 *     dH_bt = -A_b (S_bt - E_p[S]_bt)        S_i = p_i (H + log p_i)
 *
 * A positive value means that the step spreads the distribution. The value is 0 in a response that the estimator excluded
 * (A = NaN), because that response makes no step. The formula is exact to first order for a softmax over its own logits
 * (see theory.ts). For a network, whose tokens share weights, it is the estimate that the `predicted` filters use.
 *
 * @shape  [B, T], 0 in the padding
 * @units  nats per unit learning rate
 * @source Entrocraft, arXiv:2604.26326, section 4
 */
export const predictedChange_BT = (batch: AdvantagedScores): Float64Array => {
  const { expectedS_BT, s_BT } = batch.scores
  return perAdvantage(batch, (place) => expectedS_BT[place]! - s_BT[place]!)
}

/** Matrix of A_b x(place): 0 in a response that the estimator excluded, and in the padding. */
const perAdvantage = (batch: AdvantagedScores, x: (place: number) => number): Float64Array => {
  const change_BT = new Float64Array(batch.responses.length * batch.width)
  forEachToken(batch, (place, b) => {
    const advantage = batch.advantages_B[b]!
    if (!Number.isNaN(advantage)) change_BT[place] = advantage * x(place)
  })
  return change_BT
}

/**
 * Predictions of the entropy change at each token of a batch, by name. Each is correct up to a positive factor, which the step size
 * and the network decide.
 *
 *     s-form       dH_bt = -A_b (S_bt - E_p[S]_bt)              a gradient step on the logits
 *     covariance   dH_bt = -A_b (log p_bt + H_bt)               a natural gradient step
 *     sampled      dH_bt = -A_b (log p_bt - mean log p)         the mean is over the tokens of the batch
 *
 * The expectation of the form `covariance` over the sampled token is minus the covariance of advantage and log-probability. The form
 * `sampled` reads nothing but the log-probabilities of the sampled tokens.
 *
 * @shape  [B, T], 0 in the padding and in a response that the estimator excluded
 * @units  nats per unit learning rate
 * @source Entrocraft, arXiv:2604.26326, section 4; Cui et al., arXiv:2505.22617; `sampled` is ours
 * @example
 * const change_BT = predictions.sampled(batch)
 */
export const predictions = {
  's-form': predictedChange_BT,
  covariance: (batch: AdvantagedScores): Float64Array => {
    const { logprobs_BT, entropy_BT } = batch.scores
    return perAdvantage(batch, (place) => -(logprobs_BT[place]! + entropy_BT[place]!))
  },
  sampled: (batch: AdvantagedScores): Float64Array => {
    const { logprobs_BT } = batch.scores
    const mean = tokenMean(batch, logprobs_BT)
    return perAdvantage(batch, (place) => mean - logprobs_BT[place]!)
  },
} as const satisfies Record<string, (batch: AdvantagedScores) => Float64Array>

/** Name of a prediction in the registry {@link predictions}. */
export type PredictionName = keyof typeof predictions

/**
 * First-order entropy change of each response: the sum over its tokens.
 *
 *     dH(y) = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * @shape  [B]
 * @units  nats per unit learning rate, summed over the response
 * @source Entrocraft, arXiv:2604.26326, section 4
 */
export const predictedChange_B = (batch: AdvantagedScores): Float64Array => {
  const change_BT = predictedChange_BT(batch)
  return Float64Array.from(batch.responses, (_, b) => sum(change_BT.subarray(b * batch.width, (b + 1) * batch.width)))
}

/**
 * First-order entropy change of a batch: the mean over the tokens that train.
 *
 *     dH = sum_bt mask_bt dH_bt / sum_bt mask_bt        0 where nothing trains
 *
 * Without a mask, all tokens train except those of responses that the estimator excluded.
 *
 * @shape mask_BT [B, T], 1 where a token trains
 * @units nats per token and unit learning rate
 */
export const predictedChange = (batch: AdvantagedScores, mask_BT?: Uint8Array): number => {
  const change_BT = predictedChange_BT(batch)
  const tokens = mask_BT === undefined ? tokensWithAdvantage(batch) : sum(mask_BT)
  const total = sum(mask_BT === undefined ? change_BT : change_BT.map((change, i) => change * mask_BT[i]!))
  return tokens === 0 ? 0 : total / tokens
}

const tokensWithAdvantage = ({ responses, advantages_B }: AdvantagedScores): number =>
  sum(responses.map(({ completion }, b) => (Number.isNaN(advantages_B[b]!) ? 0 : completion.tokens.length)))
