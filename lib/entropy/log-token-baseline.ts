import type { MeasuredBatch } from '../rollout/batch.js'

/** Least 1 - p of which the formula is good to a tenth of a nat: its numerator and denominator go with (1 - p)^2. */
const resolved = 2 ** -8
/** Least 1 - p that is told from 0: log p is the log of a sum in single precision, and errs by 1e-7 or more. */
const least = 2 ** -20

/**
 * Theorem 1's threshold of every token, from its scores alone: where log p exceeds it, A and dH have opposite signs.
 *
 *     log TB = log p - (S - E[S]) / dp        dp = p (1 - 2p + q),  q = sum_i p_i^2
 *
 * The formula is dH = -(S - E[S]) = -dp (log p - log TB), a step of eta A = 1. As p -> 1 the baseline has no bound below,
 * while S, E[S] and dp vanish: float32 scores no longer tell it. For 1 - p < 2^-8 it is therefore
 *
 *     log TB = -(H + p log p) / (1 - p)       mean log-prob of the others, weighed by p alone; at most log (1 - p)
 *
 * with 1 - p at least 2^-20: -13.9 for a token that is certain. It has no bound above as p -> 0, so a rare token can
 * outweigh many in a mean; its error is about 1e-7 / p.
 *
 * @shape  [B, T], zero beyond a response's length
 * @units  nats
 * @source Entrocraft, arXiv:2604.26326, Theorem 1; its sum over a response is log OSB, Theorem 2 and Fig. 2a
 */
export const logTokenBaseline_BT = ({
  responses,
  scores,
  width,
}: Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>): Float64Array => {
  const { logprobs_BT, entropy_BT, s_BT, expectedS_BT, squares_BT } = scores
  const baseline_BT = new Float64Array(responses.length * width)
  for (let b = 0; b < responses.length; b++) {
    for (let i = b * width; i < b * width + responses[b]!.completion.tokens.length; i++) {
      const logprob = logprobs_BT[i]!
      const rest = -Math.expm1(logprob)
      baseline_BT[i] =
        rest < resolved
          ? meanOfRest(logprob, entropy_BT[i]!, Math.max(rest, least))
          : logprob - (s_BT[i]! - expectedS_BT[i]!) / slope(Math.exp(logprob), squares_BT[i]!)
    }
  }
  return baseline_BT
}

/** Change of p for a step of eta A = 1. */
const slope = (p: number, squares: number): number => p * (1 - 2 * p + squares)

/** No probability of the rest exceeds the rest, so neither does their mean; rounding could. */
const meanOfRest = (logprob: number, entropy: number, rest: number): number =>
  Math.min(-(entropy + Math.exp(logprob) * logprob) / rest, Math.log(rest))
