/** Lower and upper bound of a number. */
export interface Bounds {
  readonly low: number
  readonly high: number
}

/** Bounds of the statistics of a distribution of which only some probabilities are known. */
export interface DistributionBounds {
  readonly entropy: Bounds
  /** E_p[S]. */
  readonly expectedS: Bounds
  /** sum_i p_i^2. */
  readonly squares: Bounds
}

/** Known part of a distribution over the vocabulary. */
export interface KnownPart {
  /** Log-probs of the known tokens. @units nats */
  readonly logprobs: ArrayLike<number>
  /** Number of the other tokens. */
  readonly others: number
  /** Probability that no other token exceeds. */
  readonly largest: number
}

/**
 * Bounds of the entropy, of E_p[S] and of sum_i p_i^2 of a distribution of which the k largest probabilities are known.
 *
 *     r = 1 - sum of the known p        probability of all other tokens, n of them
 *     m = the k-th largest p            none of the others exceeds it; c = min(m, r)
 *
 *     others, spread evenly                     each r / n                       most entropy, smallest sum of squares
 *     others, on as few tokens as possible      j = floor(r / m) with m, one     least entropy, largest sum of squares
 *                                               with the rest d = r - j m
 *
 *     H  in  H_known + [-j m log m - d log d, -r log(r / n)]
 *     Q  in  Q_known + [r^2 / n, j m^2 + d^2]                             Q = sum p^2
 *     R  in  R_known + [r c log c, r (r / n) log(r / n)]                  R = sum p^2 log p
 *     E[S] = H Q + R  in  [H.low Q.low + R.low, H.high Q.high + R.high]
 *
 * -x log x is concave and x^2 convex, so their sums over the others have their extremes in the two cases above. x log x falls up to
 * 1 / e, so every summand x (x log x) of R is at least x c log c; for c > 1 / e the bound takes -1 / e for c log c. x^2 log x is
 * concave up to e^(-3/2), which gives the upper bound of R; where c is larger, that is 0. With all tokens known, or all but one, the
 * bounds are equal.
 *
 * @units  nats; `squares` without unit
 * @source our derivation; S and E_p[S] as in Entrocraft, arXiv:2604.26326, section 4
 * @example
 * distributionBounds({ logprobs: [Math.log(0.5), Math.log(0.25)], others: 2, largest: 0.25 }).entropy // from 1.04 to 1.21
 */
export const distributionBounds = ({ logprobs, others: n, largest }: KnownPart): DistributionBounds => {
  let [total, entropy, Q, R] = [0, 0, 0, 0]
  for (let i = 0; i < logprobs.length; i++) {
    const logprob = logprobs[i]!
    const p = Math.exp(logprob)
    total += p
    entropy -= p * logprob
    Q += p * p
    R += p * p * logprob
  }
  const r = n === 0 ? 0 : Math.max(0, 1 - total)
  if (r === 0 || n === 1) {
    const [H, squares] = [entropy - plogp(r), Q + r * r]
    return { entropy: exactly(H), squares: exactly(squares), expectedS: exactly(H * squares + R + r * plogp(r)) }
  }
  const even = r / n
  // Rounding may leave more for the others than their number and the largest of them allow.
  const m = Math.max(largest, even)
  const j = Math.floor(r / m)
  const d = Math.max(0, r - j * m)
  const c = Math.min(m, r)
  const H = { low: entropy - j * plogp(m) - plogp(d), high: entropy - r * Math.log(even) }
  const squares = { low: Q + r * even, high: Q + j * m * m + d * d }
  const lowR = R + r * (c < 1 / Math.E ? plogp(c) : -1 / Math.E)
  const highR = R + (c <= Math.exp(-1.5) ? r * plogp(even) : 0)
  return {
    entropy: H,
    squares,
    expectedS: { low: H.low * squares.low + lowR, high: H.high * squares.high + highR },
  }
}

const exactly = (value: number): Bounds => ({ low: value, high: value })

const plogp = (p: number): number => (p === 0 ? 0 : p * Math.log(p))
