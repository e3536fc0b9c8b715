/**
 * One small policy-gradient step on a tabular softmax, whose parameters are its own logits, in closed form. All arrays
 * are probabilities or changes of them over the vocabulary, [V]; entropies are in nats.
 *
 * @source Entrocraft, arXiv:2604.26326, section 4
 */

/** H = -sum p log p, with 0 log 0 = 0. */
export const entropyOf = (p_V: readonly number[]): number =>
  p_V.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)

/** A step on sampled token `token`: rate is learning rate times advantage, eta A. */
export interface TokenStep {
  readonly p_V: readonly number[]
  readonly token: number
  readonly rate: number
}

/**
 * First-order change of each probability.
 *
 *     dz = eta A (e_k - p),  q = sum_j p_j^2
 *     dp_k = eta A p_k (1 - 2 p_k + q)        dp_i = eta A p_i (q - p_i - p_k)
 */
export const probabilityChange = ({ p_V, token, rate }: TokenStep): readonly number[] => {
  const squares = p_V.reduce((sum, p) => sum + p * p, 0)
  const sampled = p_V[token]!
  return p_V.map((p, i) => rate * p * ((i === token ? 1 : 0) - sampled - p + squares))
}

/** dH = -sum_i dp_i log p_i, to first order, for any small change of p that sums to zero. */
export const entropyChange = (p_V: readonly number[], dp_V: readonly number[]): number =>
  p_V.reduce((sum, p, i) => (p > 0 ? sum - dp_V[i]! * Math.log(p) : sum), 0)

/**
 * S of each token, and its mean under p: what the scoring pass reports of the sampled one.
 *
 *     S_i = p_i (H + log p_i)        E_p[S] = H sum p^2 + sum p^2 log p        dH = -eta A (S_k - E_p[S])
 */
export const sensitivity = (
  p_V: readonly number[],
): { readonly s_V: readonly number[]; readonly expectedS: number } => {
  const entropy = entropyOf(p_V)
  const s_V = p_V.map((p) => (p > 0 ? p * (entropy + Math.log(p)) : 0))
  return { s_V, expectedS: s_V.reduce((sum, s, i) => sum + p_V[i]! * s, 0) }
}

/**
 * Theorem 1's threshold: where log p_k exceeds it, A and dH have opposite signs, A dH <= 0.
 *
 *     log p_k  >  sum_{i != k} (-dp_i / dp_k) log p_i
 *
 * For the tabular step the condition is S_k > E_p[S]. Free of the rate, which cancels.
 */
export const logTokenBaseline = (p_V: readonly number[], token: number): number => {
  const dp_V = probabilityChange({ p_V, token, rate: 1 })
  return p_V.reduce((sum, p, i) => (i === token || p === 0 ? sum : sum - (dp_V[i]! / dp_V[token]!) * Math.log(p)), 0)
}

/** A response as the distribution before each of its tokens, and the token drawn from it. */
export type TabularSequence = readonly { readonly p_V: readonly number[]; readonly token: number }[]

/**
 * The output-space baseline of a response: the sum of its tokens' baselines.
 *
 *     log OSB = sum_t sum_{i != y_t} (-dp_{t,i} / dp_{t,y_t}) log p_{t,i}        dH ~ -A (log pi(y|x) - log OSB)
 *
 * A diagnostic, not a law: tokens weigh alike here, and in truth by dp_{t,y_t}, so signs can disagree.
 */
export const logOutputSpaceBaseline = (sequence: TabularSequence): number =>
  sequence.reduce((sum, { p_V, token }) => sum + logTokenBaseline(p_V, token), 0)
