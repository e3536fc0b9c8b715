/**
 * Ways to make scores.
 *
 * - `exact`: from the probabilities of all tokens at each position
 * - `top-k`: from the log-probs of the k most probable tokens and of the sampled one; the probability of all other tokens is known
 *   in total, so that statistics of the distribution lie between two bounds
 * - `sampled`: from the log-prob of the sampled token alone; the entropy is an estimate
 */
export const scoreMethods = ['exact', 'sampled', 'top-k'] as const

/** Way in which scores were made; see {@link scoreMethods}. */
export type ScoreMethod = (typeof scoreMethods)[number]

/**
 * Log-probs of every completion token at a temperature other than 1, from the softmax of all logits / temperature.
 *
 * @shape logprobs_BT [B, T], zero beyond a response's length
 * @units nats
 */
export interface TemperedLogprobs {
  readonly temperature: number
  readonly logprobs_BT: Float32Array
}

/**
 * Statistics that need the distribution at each position, at temperature 1.
 *
 * @shape all [B, T], zero beyond a response's length
 * @units nats; `s` is S of the sampled token, p (H + log p); `expectedS` is E_p[S] (Entrocraft section 4);
 *        `squares` is sum_i p_i^2 over the vocabulary, without unit
 */
export interface Distribution {
  readonly s_BT: Float32Array
  readonly expectedS_BT: Float32Array
  readonly squares_BT: Float32Array
}

/** Scores that every method gives. @shape matrices [B, T], zero beyond a response's length */
interface TokenScores {
  /** Version of the weights that scored. */
  readonly version: number
  /** Log-prob of the sampled token at temperature 1. @units nats */
  readonly logprobs_BT: Float32Array
  /** Entropy of the distribution that the token was sampled from; with `sampled` its estimate, -log p. @units nats */
  readonly entropy_BT: Float32Array
  /** Log-probs at the score temperature; absent if that is 1. */
  readonly tempered?: TemperedLogprobs
}

/** Scores from the probabilities of all tokens. */
export interface ExactScores extends TokenScores {
  readonly method: 'exact'
  readonly distribution: Distribution
}

/** Scores from the log-probs of the k most probable tokens: every statistic is the middle of its bounds. */
export interface TopKScores extends TokenScores {
  readonly method: 'top-k'
  readonly distribution: Distribution
  /** Half the distance between the bounds of the entropy; the entropy differs from `entropy_BT` by this number at most. @units nats */
  readonly entropyError_BT: Float32Array
}

/** Scores from the log-probs of the sampled tokens, which say nothing else of the distribution. */
export interface SampledScores extends TokenScores {
  readonly method: 'sampled'
  readonly distribution?: undefined
}

/**
 * Scores of every completion token under the learner policy at temperature 1. If the batch trains at another temperature,
 * `tempered` has the log-probs that ratios, corrections and KL terms read; entropy control reads the others.
 *
 * @shape matrices [B, T], zero beyond a response's length
 */
export type Scores = ExactScores | TopKScores | SampledScores
