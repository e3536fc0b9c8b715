import { distributionOf } from '../batch/distribution.js'
import { forEachRow } from '../batch/tokens.js'
import type { MeasuredBatch } from '../rollout/batch.js'

/** Smallest 1 - p at which the exact formula is exact to 0.1 nats: both sides of its fraction shrink with (1 - p)^2. */
const SMALLEST_EXACT = 2 ** -8
/** Smallest 1 - p that differs from 0: log p is the log of a single-precision sum, with an error of 1e-7 or more. */
const SMALLEST_RESOLVED = 2 ** -20

/**
 * Token baseline of Theorem 1 in log space, from the scores of each token: where log p is above it, A and dH have
 * opposite signs.
 *
 *     log TB = log p - (S - E[S]) / dp        dp = p (1 - 2p + q),  q = sum_i p_i^2
 *
 * The formula solves dH = -(S - E[S]) = -dp (log p - log TB) for log TB, at a step of eta A = 1. As p approaches 1 the
 * baseline has no lower bound, while S, E[S] and dp vanish, so float32 scores no longer determine it. For 1 - p < 2^-8 it
 * is therefore
 *
 *     log TB = -(H + p log p) / (1 - p)       mean log-prob of all other tokens, weighted by p; at most log (1 - p)
 *
 * with 1 - p at least 2^-20: log TB is -13.9 for a token that is certain. The baseline has no upper bound as p approaches
 * 0, so one rare token can dominate a mean; its error is about 1e-7 / p.
 *
 * @shape  [B, T], 0 in the padding
 * @units  nats
 * @errors PipelineError BadAlgorithm for sampled scores
 * @source Entrocraft, arXiv:2604.26326, Theorem 1; its sum over a response is log OSB, Theorem 2 and Fig. 2a
 */
export const logTokenBaseline_BT = (batch: Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>): Float64Array => {
  const { logprobs_BT, entropy_BT } = batch.scores
  const { s_BT, expectedS_BT, squares_BT } = distributionOf(batch.scores, 'token baseline', {
    reads: 'S, E_p[S] and sum_i p_i^2 of every token',
  })
  const baseline_BT = new Float64Array(logprobs_BT.length)
  forEachRow(batch, (first, end) => {
    for (let i = first; i < end; i++) {
      const logprob = logprobs_BT[i]!
      const rest = -Math.expm1(logprob)
      baseline_BT[i] =
        rest < SMALLEST_EXACT
          ? meanOfRest(logprob, entropy_BT[i]!, Math.max(rest, SMALLEST_RESOLVED))
          : logprob - (s_BT[i]! - expectedS_BT[i]!) / slope(Math.exp(logprob), squares_BT[i]!)
    }
  })
  return baseline_BT
}

/** Change of p for a step of eta A = 1. */
const slope = (p: number, squares: number): number => p * (1 - 2 * p + squares)

/** Mean log-prob of all other tokens. None of them is likelier than their sum, so log(rest) bounds the rounding error. */
const meanOfRest = (logprob: number, entropy: number, rest: number): number =>
  Math.min(-(entropy + Math.exp(logprob) * logprob) / rest, Math.log(rest))
