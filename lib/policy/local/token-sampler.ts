import { sum } from '../../statistics.js'
import type { Sampling } from '../policy.js'
import { createTruncation } from './truncation.js'

/**
 * Samples a token from one row of logits with one uniform number, without allocation, and writes its log-probability.
 *
 * Applies the temperature first, then top-k, then top-p. The log-probability is that of the truncated distribution.
 * `untruncated`, if it is given, gets the log-probability at the same temperature before top-k and top-p. Temperature 0 takes
 * the most probable token, with log-probability 0.
 *
 * @shape the row is logits[offset] to logits[offset + V - 1]; the log-probabilities are written to `logprobs[at]` and
 *        `untruncated[at]`
 * @units `uniform` in [0, 1); log-probability in nats
 */
export type TokenSampler = (
  logits: ArrayLike<number>,
  offset: number,
  uniform: number,
  logprobs: Float32Array,
  at: number,
  untruncated?: Float32Array,
) => number

/** Creates a sampler for a vocabulary size and sampling settings. */
export const createTokenSampler = (vocabulary: number, { temperature, topK, topP }: Sampling): TokenSampler => {
  const weights = new Float64Array(vocabulary)
  const truncate = createTruncation(weights, topK, topP)
  return (logits, offset, uniform, logprobs, at, untruncated) => {
    const best = argmax(logits, offset, vocabulary)
    if (temperature === 0) {
      logprobs[at] = 0
      if (untruncated !== undefined) untruncated[at] = 0
      return best
    }
    const highest = logits[offset + best]!
    for (let v = 0; v < vocabulary; v++) weights[v] = Math.exp((logits[offset + v]! - highest) / temperature)
    const whole = sum(weights)
    const total = truncate(whole)
    const token = choose(weights, uniform * total, best)
    logprobs[at] = Math.log(weights[token]! / total)
    if (untruncated !== undefined) untruncated[at] = Math.log(weights[token]! / whole)
    return token
  }
}

const argmax = (logits: ArrayLike<number>, offset: number, vocabulary: number): number => {
  let best = 0
  for (let v = 1; v < vocabulary; v++) if (logits[offset + v]! > logits[offset + best]!) best = v
  return best
}

/** Returns the token at a threshold of the cumulative weights; the most probable token if rounding leaves a remainder. */
const choose = (weights: Float64Array, threshold: number, best: number): number => {
  let sum = 0
  for (let v = 0; v < weights.length; v++) {
    sum += weights[v]!
    if (threshold < sum) return v
  }
  return best
}
