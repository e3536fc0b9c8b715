import type { MeasuredBatch } from '../rollout/batch.js'

type AdvantagedScores = Pick<MeasuredBatch, 'responses' | 'advantages_B' | 'scores' | 'width'>

/**
 * First-order change of the entropy at each token, if the policy takes one gradient step on that token.
 *
 *     dH_bt = -A_b (S_bt - E_p[S]_bt)        S_i = p_i (H + log p_i)
 *
 * 0 in a response that the estimator excluded, A = NaN: it makes no step.
 *
 * Positive: the step spreads the distribution. Exact to first order for a softmax over its own logits (see theory.ts);
 * for a network, whose tokens share weights, it is the estimate that the `predicted` filters decide by.
 *
 * @shape  [B, T], zero beyond a response's length
 * @units  nats per unit learning rate
 */
export const predictedChange_BT = ({ responses, advantages_B, scores, width }: AdvantagedScores): Float64Array => {
  const change_BT = new Float64Array(responses.length * width)
  responses.forEach(({ completion }, b) => {
    if (Number.isNaN(advantages_B[b]!)) return
    for (let i = b * width; i < b * width + completion.tokens.length; i++) {
      change_BT[i] = advantages_B[b]! * (scores.expectedS_BT[i]! - scores.s_BT[i]!)
    }
  })
  return change_BT
}

/**
 * The same for whole responses.
 *
 *     dH(y) = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * @shape [B]
 * @units nats per unit learning rate, summed over the response
 */
export const predictedChange_B = (batch: AdvantagedScores): Float64Array => {
  const change_BT = predictedChange_BT(batch)
  return Float64Array.from(batch.responses, (_, b) => sum(change_BT.subarray(b * batch.width, (b + 1) * batch.width)))
}

/**
 * The same for everything that trains, per token of it; without a mask all do that the estimator did not exclude.
 *
 *     dH = sum_bt mask_bt dH_bt / sum_bt mask_bt        0 where nothing trains
 *
 * @shape mask_BT [B, T], 1 where a token trains
 * @units nats per token and unit learning rate
 */
export const predictedChange = (batch: AdvantagedScores, mask_BT?: Uint8Array): number => {
  const change_BT = predictedChange_BT(batch)
  const tokens = mask_BT
    ? sum(mask_BT)
    : sum(
        batch.responses.map(({ completion }, b) =>
          Number.isNaN(batch.advantages_B[b]!) ? 0 : completion.tokens.length,
        ),
      )
  return tokens === 0 ? 0 : sum(mask_BT ? change_BT.map((change, i) => change * mask_BT[i]!) : change_BT) / tokens
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
