import { lastValueFrom } from 'rxjs'
import { sum } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import type { SamplerWire, TopToken } from './wire.js'

/**
 * Distribution whose log-probs a server returns for sampled tokens.
 *
 * - `raw`: temperature 1, without top-k and top-p
 * - `tempered`: the sampling temperature, without top-k and top-p
 * - `processed`: the sampling distribution, with temperature, top-k and top-p
 */
export type LogprobKind = 'raw' | 'tempered' | 'processed'

/** Temperature of the probe. It is above 1, because a lower one would leave little probability for other tokens. */
const PROBE_TEMPERATURE = 2

/** Difference of two log-probs beside which the numerics of a server do not count. @units nats */
const LARGE_GAP = 1

/** Smallest difference of two log-probs that tells the temperatures apart. @units nats */
const LEAST_GAP = 1e-3

/**
 * Finds out by a few tokens which log-probs a server returns. For the two most probable tokens a and b of one position,
 *
 *     log p_a - log p_b  at temperature 2  =  1 / 2 of that at temperature 1     if the temperature is applied
 *     log p_a            with top-k 1      =  0                                  if top-k is applied
 *
 * Logits, whose probabilities do not have the sum 1, are refused.
 *
 * @errors rejects with ServerError, unfit if the log-probs are of another kind
 */
export const findLogprobKind = async (wire: SamplerWire, vocabulary: number): Promise<LogprobKind> => {
  let best: Probed | null = null
  for (const prompt of probes(vocabulary)) {
    const plain = (await probe(wire, prompt, 1, 0)).top
    const gap = gapOf(plain, plain)
    if (best === null || gap > best.gap) best = { prompt, plain, gap }
    if (gap > LARGE_GAP) break
  }
  if (best === null || best.gap < LEAST_GAP)
    throw new ServerError(
      'unfit',
      wire.name,
      'equal log-probs of the most probable tokens',
      'different ones, by which the log-probs of the server are checked; the weights of the model may be missing',
    )
  await checkScale(wire, best.prompt)
  const ratio = gapOf(best.plain, (await probe(wire, best.prompt, PROBE_TEMPERATURE, 0)).top) / best.gap
  if (Math.abs(ratio - 1) < 0.2) return 'raw'
  if (Math.abs(ratio - 1 / PROBE_TEMPERATURE) < 0.2) {
    const { logprob } = await probe(wire, best.prompt, PROBE_TEMPERATURE, 1)
    return logprob > -LEAST_GAP ? 'processed' : 'tempered'
  }
  throw new ServerError(
    'unfit',
    wire.name,
    `log-probs whose differences change by the factor ${ratio.toPrecision(3)} from temperature 1 to ${PROBE_TEMPERATURE}`,
    `the factor 1, or ${1 / PROBE_TEMPERATURE} if the temperature is applied: log-probs, not logits`,
  )
}

/** Short prompts. The distribution after one of them may be too even, or too certain. */
const probes = (vocabulary: number): readonly (readonly number[])[] =>
  [1, 2, 3, 5].map((length) => Array.from({ length }, (_, i) => (length + 3 * i) % vocabulary))

/** Prompt with the two most probable tokens after it, and the difference of their log-probs, at temperature 1. */
interface Probed {
  readonly prompt: readonly number[]
  readonly plain: readonly TopToken[]
  readonly gap: number
}

/** Number of tokens that are sampled to find out whether probabilities have the sum 1. */
const SAMPLES = 64

/** Largest error of the estimate of a sum of probabilities; about four times its standard error. */
const TOLERANCE = 0.5

/**
 * Checks that log-probs belong to probabilities with the sum 1, as logits do not. Of N sampled tokens, f occur once:
 *
 *     sum of exp(log p) over the distinct sampled tokens = 1 - f / N, up to the tolerance
 *
 * @source I. J. Good, The population frequencies of species and the estimation of population parameters (1953): f / N estimates the
 *         probability of all tokens that were not sampled
 */
const checkScale = async (wire: SamplerWire, prompt: readonly number[]): Promise<void> => {
  const completions = await lastValueFrom(
    wire.complete({
      ...{ prompt, temperature: 1, topK: 0, topP: 1, maxTokens: 1, count: SAMPLES, ends: [] },
      ...{ seedOf: (sample) => sample, top: 0, weights: null },
    }),
  )
  const times = new Map<number, number>()
  const probabilities = new Map<number, number>()
  for (const { tokens, logprobs_T } of completions) {
    times.set(tokens[0]!, (times.get(tokens[0]!) ?? 0) + 1)
    probabilities.set(tokens[0]!, Math.exp(logprobs_T[0]!))
  }
  const total = sum([...probabilities.values()])
  const expected = 1 - [...times.values()].filter((count) => count === 1).length / SAMPLES
  if (total < 1 + ROUNDING && total > expected - TOLERANCE) return
  throw new ServerError(
    'unfit',
    wire.name,
    `probabilities of sampled tokens with the sum ${total.toPrecision(3)}`,
    `about ${expected.toPrecision(3)}: log-probs of tokens, not logits`,
  )
}

/** Largest rounding of a sum of probabilities. */
const ROUNDING = 1e-2

/** Samples one token. Returns its log-prob, and the most probable tokens. */
const probe = async (wire: SamplerWire, prompt: readonly number[], temperature: number, topK: number) => {
  const [completion] = await lastValueFrom(
    wire.complete({
      ...{ prompt, temperature, topK, topP: 1, maxTokens: 1, count: 1, ends: [] },
      ...{ seedOf: () => 0, top: 2, weights: null },
    }),
  )
  return { logprob: completion!.logprobs_T[0]!, top: completion!.top_T[0]! }
}

/** Difference of the log-probs of the two most probable tokens of `order`. */
const gapOf = (order: readonly TopToken[], values: readonly TopToken[]): number => {
  const logprobOf = (place: number) => values.find(({ token }) => token === order[place]?.token)?.logprob
  return (logprobOf(0) ?? NaN) - (logprobOf(1) ?? NaN)
}
