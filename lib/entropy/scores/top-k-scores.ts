import { forEachTokenOf, type TokenLayout } from '../../batch/tokens.js'
import { PipelineError } from '../../pipeline-error.js'
import type { TopKScores } from '../../rollout/scores.js'
import { type Bounds, distributionBounds } from './distribution-bounds.js'
import { requirePerToken } from './require-per-token.js'

/**
 * Log-probs of the k most probable tokens at each position of a response, at temperature 1.
 *
 * @shape  tokens_TK and logprobs_TK [T, k], row-major; the k tokens of a position in any order, without the sampled token if that is
 *         not one of them
 * @units  nats
 */
export interface TopLogprobs {
  readonly tokens_TK: ArrayLike<number>
  readonly logprobs_TK: ArrayLike<number>
}

/** Log-probs that a server returned for a batch, at temperature 1. */
export interface ServedLogprobs {
  /** Log-probs of the sampled tokens: one row [T] for each response. @units nats */
  readonly logprobs: readonly ArrayLike<number>[]
  /** Log-probs of the most probable tokens: one for each response. */
  readonly top: readonly TopLogprobs[]
  /** Number of most probable tokens at each position. */
  readonly k: number
  /** Number of tokens of the model. A larger number only widens the bounds. */
  readonly vocabulary: number
}

/**
 * Scores of a batch from the log-probs of the k most probable tokens and of the sampled one at each position.
 *
 *     entropy, E_p[S], squares      middle of their bounds, see {@link distributionBounds}
 *     S of the sampled token        p (H + log p), with that entropy
 *     error of the entropy          half the distance of its bounds
 *
 * The temperature, top-k and top-p by which the tokens were sampled have no effect. With k = vocabulary the scores are exact, and every
 * error is 0.
 *
 * @shape  rows of responses  ->  [B, T]
 * @units  nats
 * @errors PipelineError BrokenInvariant for a response with a wrong number of log-probs, and where probabilities at a position
 *         exceed 1, or are too small for the others to reach 1
 * @example
 * topKScores(batch, version, { logprobs, top, k: 20, vocabulary: 151936 })
 */
export const topKScores = (batch: TokenLayout, version: number, served: ServedLogprobs): TopKScores => {
  const { logprobs, top, k } = served
  const matrix = () => new Float32Array(batch.responses.length * batch.width)
  const [logprobs_BT, entropy_BT, entropyError_BT] = [matrix(), matrix(), matrix()]
  const distribution = { s_BT: matrix(), expectedS_BT: matrix(), squares_BT: matrix() }
  batch.responses.forEach(({ completion }, b) => {
    requirePerToken(batch, b, logprobs[b], 'log-probs')
    requirePerToken(batch, b, top[b]?.tokens_TK, 'most probable tokens', k)
    requirePerToken(batch, b, top[b]?.logprobs_TK, 'log-probs of most probable tokens', k)
    forEachTokenOf(batch, b, (place, _, t) => {
      const logprob = logprobs[b]![t]!
      const known = knownPart(served, b, t, completion.tokens[t]!)
      checkTotal(known, `response ${b} of the batch, token ${t}`)
      const { entropy, expectedS, squares } = distributionBounds(known)
      logprobs_BT[place] = logprob
      entropy_BT[place] = middle(entropy)
      entropyError_BT[place] = (entropy.high - entropy.low) / 2
      distribution.s_BT[place] = Math.exp(logprob) * (middle(entropy) + logprob)
      distribution.expectedS_BT[place] = middle(expectedS)
      distribution.squares_BT[place] = middle(squares)
    })
  })
  return { version, method: 'top-k', logprobs_BT, entropy_BT, entropyError_BT, distribution }
}

const middle = ({ low, high }: Bounds): number => (low + high) / 2

/** Known probabilities at token t of response b: of the most probable tokens, and of the sampled one if it is not one of them. */
const knownPart = ({ logprobs, top, k, vocabulary }: ServedLogprobs, b: number, t: number, sampled: number) => {
  const { tokens_TK, logprobs_TK } = top[b]!
  const known: number[] = []
  let isListed = false
  let least = Infinity
  for (let i = t * k; i < (t + 1) * k; i++) {
    known.push(logprobs_TK[i]!)
    least = Math.min(least, logprobs_TK[i]!)
    isListed ||= tokens_TK[i] === sampled
  }
  if (!isListed) known.push(logprobs[b]![t]!)
  return { logprobs: known, others: Math.max(0, vocabulary - known.length), largest: Math.exp(least) }
}

/** Largest error of a sum of probabilities that rounding on a server explains. */
const ROUNDING = 1e-2

const checkTotal = ({ logprobs, others, largest }: ReturnType<typeof knownPart>, place: string): void => {
  const total = logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0)
  if (total > 1 + ROUNDING || total + others * largest < 1 - ROUNDING || Number.isNaN(total))
    throw new PipelineError(
      'BrokenInvariant',
      `${place}: found most probable tokens with a total probability of ${total.toPrecision(4)} and ${others} others of at most ${largest.toPrecision(4)} each, expected a sum of 1: log-probs at temperature 1 over the whole vocabulary`,
    )
}
