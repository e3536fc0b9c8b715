import { forEachToken, tokenMean } from '../batch/tokens.js'
import type { MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

type ScoredBatch = Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>

/** Entropy of a batch and its error. @units nats per token */
export type EntropyEstimate = Pick<EntropyState, 'entropy' | 'entropyError'>

/**
 * Entropy of a batch, and its distance from the entropy that exact scores of the same batch have.
 *
 *     exact      H = sum_t H_t / n                      error 0                                n: number of tokens
 *     top-k      H = sum_t H_t / n                      error sum_t e_t / n                    e_t: half the distance of the bounds
 *     sampled    H = sum_t w_t l_t / sum_t w_t          error sqrt( n / (n - 1) sum_t w_t^2 (l_t - H)^2 ) / sum_t w_t
 *                l_t = -log p_t,  w_t = p_t / q_t       p: policy that scores, q: policy that sampled
 *
 * The error of top-k scores is a bound. That of sampled scores is a standard error:
 *
 * - A token that was sampled from q has E[w l] = H_t and E[w] = 1. The weights are 1 if the policy that scores has sampled.
 *   Without them, -log p of a token that older weights sampled would estimate the entropy of the older weights: the cross-entropy
 *   H(q, p) is H(q) + KL(q || p), which differs from H(q) only in second order.
 * - e_t = w_t (l_t - H) - (H_t - H) has mean 0 given all tokens before it. So the errors of two tokens are uncorrelated, those of
 *   one response included, although the entropies of a response are correlated. The variance of their sum is the sum of their
 *   variances, each at most E[w^2 (l - H)^2]. The standard error is therefore a little too large where H_t differs between tokens.
 *
 * Entropy and error hold for tokens that were sampled at temperature 1 without top-k and top-p. The error is null for fewer than
 * two tokens.
 *
 * @shape scores [B, T]  ->  two numbers; the entropy of a batch without tokens is NaN
 * @units nats per token
 * @example
 * const { entropy, entropyError } = entropyEstimate(batch)
 */
export const entropyEstimate = (batch: ScoredBatch): EntropyEstimate => {
  const { scores } = batch
  if (scores.method === 'sampled') return sampledEstimate(batch)
  const entropy = tokenMean(batch, scores.entropy_BT)
  if (Number.isNaN(entropy)) return { entropy, entropyError: null }
  return { entropy, entropyError: scores.method === 'exact' ? 0 : tokenMean(batch, scores.entropyError_BT) }
}

const sampledEstimate = (batch: ScoredBatch): EntropyEstimate => {
  const { logprobs_BT, entropy_BT } = batch.scores
  const weightAt = (place: number, b: number, t: number) =>
    Math.exp(logprobs_BT[place]! - batch.responses[b]!.completion.logprobs_T[t]!)
  let [tokens, weights, total] = [0, 0, 0]
  forEachToken(batch, (place, b, t) => {
    const weight = weightAt(place, b, t)
    tokens++
    weights += weight
    total += weight * entropy_BT[place]!
  })
  const entropy = total / weights
  let squares = 0
  forEachToken(batch, (place, b, t) => {
    squares += (weightAt(place, b, t) * (entropy_BT[place]! - entropy)) ** 2
  })
  return { entropy, entropyError: tokens < 2 ? null : Math.sqrt((tokens / (tokens - 1)) * squares) / weights }
}
