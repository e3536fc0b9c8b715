import { uniform } from '#lib/random/uniform.js'

/** Number of tokens. Token 0 ends a completion. */
export const VOCABULARY = 8

/** Log-probs of the next token after a sequence, by the weights of a name. @shape [V] @units nats, at temperature 1 */
export const nextLogprobs = (tokens: readonly number[], weights: string): readonly number[] => {
  const key = Array.from(weights, (character) => character.charCodeAt(0))
  return normalise(Array.from({ length: VOCABULARY }, (_, v) => 4 * uniform(v, ...key, ...tokens)))
}

/** Log-probs of the tokens of a sequence; 0 for the first. @shape [T] */
export const sequenceLogprobs = (tokens: readonly number[], weights: string): readonly number[] =>
  tokens.map((token, t) => (t === 0 ? 0 : nextLogprobs(tokens.slice(0, t), weights)[token]!))

const normalise = (logits: readonly number[]): readonly number[] => {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
  return logits.map((logit) => logit - total)
}

export interface Truncation {
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  /** Tokens among which top-p chooses. */
  readonly nucleus: 'kept' | 'all'
}

/** Log-probs of the sampling distribution; -Infinity for tokens that cannot be sampled. @shape [V] */
export const samplingLogprobs = (raw_V: readonly number[], { temperature, topK, topP, nucleus }: Truncation) => {
  const tempered = normalise(raw_V.map((logprob) => logprob / temperature))
  const order = tempered.map((logprob, token) => ({ logprob, token })).sort((a, b) => b.logprob - a.logprob)
  const first = topK > 0 ? order.slice(0, topK) : order
  const whole = nucleus === 'kept' ? first.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) : 1
  let before = 0
  const kept = first.filter(({ logprob }) => {
    const isKept = before < topP * whole
    before += Math.exp(logprob)
    return isKept
  })
  const total = Math.log(kept.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0))
  const found = new Map(kept.map(({ logprob, token }) => [token, Math.min(0, logprob - total)]))
  return tempered.map((_, token) => found.get(token) ?? -Infinity)
}

/** Token of a completion, with the log-probs of all tokens at its place. */
export interface Step {
  readonly token: number
  /** Log-probs at temperature 1. */
  readonly raw_V: readonly number[]
  /** Log-probs of the sampling distribution. */
  readonly sampling_V: readonly number[]
}

/** Samples a completion. The same seed draws the same numbers for every prompt, as on servers. */
export const generate = (
  prompt: readonly number[],
  weights: string,
  how: Truncation & { readonly maxTokens: number; readonly ends: readonly number[]; readonly seed: number },
): { readonly steps: readonly Step[]; readonly finish: 'stop' | 'length' } => {
  const steps: Step[] = []
  while (steps.length < how.maxTokens) {
    const raw_V = nextLogprobs([...prompt, ...steps.map(({ token }) => token)], weights)
    const sampling_V = samplingLogprobs(raw_V, how.temperature === 0 ? { ...how, temperature: 1, topK: 1 } : how)
    let left = uniform(how.seed, steps.length)
    const drawn = sampling_V.findIndex((logprob) => (left -= Math.exp(logprob)) < 0)
    const token = drawn < 0 ? sampling_V.indexOf(Math.max(...sampling_V)) : drawn
    steps.push({ token, raw_V, sampling_V })
    if (how.ends.includes(token)) return { steps, finish: 'stop' }
  }
  return { steps, finish: 'length' }
}

/** The most probable tokens, largest first, and the sampled one if it is not one of them. */
export const topOf = (logprobs_V: readonly number[], count: number, sampled: number) => {
  const order = logprobs_V.map((logprob, token) => ({ logprob, token })).sort((a, b) => b.logprob - a.logprob)
  return order.filter(({ token }, place) => place < count || token === sampled)
}
