import type { Sampling } from '../policy.js'

/**
 * Draws a token from a row of logits by one uniform number, without allocating.
 *
 * Temperature first, then the k likeliest, then the smallest set that reaches p; the log-prob written is that of the
 * distribution drawn from. Temperature 0 takes the likeliest token, with log-prob 0.
 *
 * @shape `logits` holds rows of V from `offset` on; the log-prob is written to `logprobs[at]`
 */
export type TokenSampler = (
  logits: ArrayLike<number>,
  offset: number,
  uniform: number,
  logprobs: Float32Array,
  at: number,
) => number

export const tokenSampler = (vocabulary: number, { temperature, topK, topP }: Sampling): TokenSampler => {
  const weights = new Float64Array(vocabulary)
  const truncate = truncation(weights, topK, topP)
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

/** Rounding may leave a remainder after the last weight: then the likeliest token is taken. */
const choose = (weights: Float64Array, threshold: number, best: number): number => {
  let sum = 0
  for (let v = 0; v < weights.length; v++) {
    sum += weights[v]!
    if (threshold < sum) return v
  }
  return best
}

const truncation = (weights: Float64Array, topK: number, topP: number): (() => void) => {
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
