import type { Sampling } from '../policy.js'

/**
 * Samples a token from one row of logits with one uniform number, without allocation, and writes its log-probability.
 *
 * Applies the temperature first, then top-k, then top-p. The log-probability is that of the truncated distribution.
 * Temperature 0 takes the most probable token, with log-probability 0.
 *
 * @shape the row is logits[offset] to logits[offset + V - 1]; the log-probability is written to `logprobs[at]`
 * @units `uniform` in [0, 1); log-probability in nats
 */
export type TokenSampler = (
  logits: ArrayLike<number>,
  offset: number,
  uniform: number,
  logprobs: Float32Array,
  at: number,
) => number

/** Creates a sampler for a vocabulary size and sampling settings. */
export const createTokenSampler = (vocabulary: number, { temperature, topK, topP }: Sampling): TokenSampler => {
  const weights = new Float64Array(vocabulary)
  const truncate = createTruncation(weights, topK, topP)
  return (logits, offset, uniform, logprobs, at) => {
    const best = argmax(logits, offset, vocabulary)
    if (temperature === 0) {
      logprobs[at] = 0
      return best
    }
    const highest = logits[offset + best]!
    for (let v = 0; v < vocabulary; v++) weights[v] = Math.exp((logits[offset + v]! - highest) / temperature)
    truncate()
    let total = 0
    for (let v = 0; v < vocabulary; v++) total += weights[v]!
    const token = choose(weights, uniform * total, best)
    logprobs[at] = Math.log(weights[token]! / total)
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

/** Creates a function that sets the weights outside top-k and top-p to 0, in place. */
const createTruncation = (weights: Float64Array, topK: number, topP: number): (() => void) => {
  const limitsCount = topK > 0 && topK < weights.length
  if (!limitsCount && topP >= 1) return () => undefined
  const order = Uint32Array.from(weights.keys())
  return () => {
    order.sort((a, b) => weights[b]! - weights[a]! || a - b)
    let kept = limitsCount ? topK : weights.length
    if (topP < 1) {
      let total = 0
      for (let i = 0; i < kept; i++) total += weights[order[i]!]!
      let sum = 0
      let i = 0
      while (i < kept && sum < topP * total) sum += weights[order[i++]!]!
      kept = Math.max(1, i)
    }
    for (let i = kept; i < weights.length; i++) weights[order[i]!] = 0
  }
}
