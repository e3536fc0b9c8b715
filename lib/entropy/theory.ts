/**
 * Closed forms of one small policy-gradient step on a tabular softmax, whose parameters are its own logits. All arrays are
 * probabilities over the vocabulary, or changes of them, with shape [V]. Entropies are in nats.
 *
 * @source Entrocraft, arXiv:2604.26326, section 4
 */

/**
 * Entropy of a distribution, with 0 log 0 = 0.
 *
 *     H = -sum_i p_i log p_i
 *
 * @shape p_V [V]
 * @units nats
 */
export const entropyOf = (p_V: readonly number[]): number =>
  p_V.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)

/** One policy-gradient step on one sampled token of a tabular softmax. */
export interface TokenStep {
  /** Probabilities before the step. @shape [V] */
  readonly p_V: readonly number[]
  /** Index of the sampled token. */
  readonly token: number
  /** Learning rate times advantage, eta A. */
  readonly rate: number
}

/**
 * First-order change of each probability by one policy-gradient step.
 *
 *     dz = eta A (e_k - p),  q = sum_j p_j^2
 *     dp_k = eta A p_k (1 - 2 p_k + q)        dp_i = eta A p_i (q - p_i - p_k)
 *
 * @shape p_V [V]  ->  [V]
 */
export const probabilityChange = ({ p_V, token, rate }: TokenStep): readonly number[] => {
  const squares = p_V.reduce((sum, p) => sum + p * p, 0)
  const sampled = p_V[token]!
  return p_V.map((p, i) => rate * p * ((i === token ? 1 : 0) - sampled - p + squares))
}

/**
 * First-order entropy change for any small change of the probabilities that sums to zero.
 *
 *     dH = -sum_i dp_i log p_i
 *
 * @shape p_V, dp_V [V]
 * @units nats
 */
export const entropyChange = (p_V: readonly number[], dp_V: readonly number[]): number =>
  p_V.reduce((sum, p, i) => (p > 0 ? sum - dp_V[i]! * Math.log(p) : sum), 0)

/**
 * Sensitivity S of the entropy to each token, and its mean under p. The scoring pass measures both for the sampled token.
 *
 *     S_i = p_i (H + log p_i)        E_p[S] = H sum p^2 + sum p^2 log p        dH = -eta A (S_k - E_p[S])
 *
 * @shape p_V [V]  ->  s_V [V]
 * @units nats
 */
export const sensitivity = (
  p_V: readonly number[],
): { readonly s_V: readonly number[]; readonly expectedS: number } => {
  const entropy = entropyOf(p_V)
  const s_V = p_V.map((p) => (p > 0 ? p * (entropy + Math.log(p)) : 0))
  return { s_V, expectedS: s_V.reduce((sum, s, i) => sum + p_V[i]! * s, 0) }
}

/**
 * Token baseline of Theorem 1 in log space: where log p_k is above it, A and dH have opposite signs, A dH <= 0.
 *
 *     log p_k  >  sum_{i != k} (-dp_i / dp_k) log p_i
 *
 * For the tabular step the condition is S_k > E_p[S]. The baseline does not depend on the rate, which cancels.
 *
 * @shape p_V [V]; token is the index of the sampled token
 * @units nats
 */
export const logTokenBaseline = (p_V: readonly number[], token: number): number => {
  const dp_V = probabilityChange({ p_V, token, rate: 1 })
  return p_V.reduce((sum, p, i) => (i === token || p === 0 ? sum : sum - (dp_V[i]! / dp_V[token]!) * Math.log(p)), 0)
}

/** Response of a tabular policy: for each position, the distribution and the token that was sampled from it. */
export type TabularSequence = readonly { readonly p_V: readonly number[]; readonly token: number }[]

/**
 * Output-space baseline of a response in log space: the sum of the token baselines.
 *
 *     log OSB = sum_t sum_{i != y_t} (-dp_{t,i} / dp_{t,y_t}) log p_{t,i}        dH ~ -A (log pi(y|x) - log OSB)
 *
 * It is a diagnostic and not a law. The sum weighs all tokens equally, while the exact change weighs each of them by
 * dp_{t,y_t}, so the signs can disagree.
 *
 * @units nats
 */
export const logOutputSpaceBaseline = (sequence: TabularSequence): number =>
  sequence.reduce((sum, { p_V, token }) => sum + logTokenBaseline(p_V, token), 0)
