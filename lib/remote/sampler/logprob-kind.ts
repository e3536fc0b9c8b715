import { lastValueFrom } from 'rxjs'
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

/** Smallest difference of two log-probs that tells the temperatures apart. @units nats */
const LEAST_GAP = 1e-3

/**
 * Finds out by a few tokens which log-probs a server returns. For the two most probable tokens a and b of one position,
 *
 *     log p_a - log p_b  at temperature 2  =  1 / 2 of that at temperature 1     if the temperature is applied
 *     log p_a            with top-k 1      =  0                                  if top-k is applied
 *
 * @errors rejects with ServerError, unfit if the log-probs are of another kind
 */
export const findLogprobKind = async (wire: SamplerWire, vocabulary: number): Promise<LogprobKind> => {
  let best: { readonly prompt: readonly number[]; readonly plain: readonly TopToken[]; readonly gap: number } | null =
    null
  for (const prompt of probes(vocabulary)) {
    const plain = (await probe(wire, prompt, 1, 0)).top
    const gap = gapOf(plain, plain)
    if (best === null || gap > best.gap) best = { prompt, plain, gap }
    if (gap > 100 * LEAST_GAP) break
  }
  if (best === null || best.gap < LEAST_GAP)
    throw new ServerError(
      'unfit',
      wire.name,
      'equal log-probs of the most probable tokens',
      'different ones, by which the log-probs of the server are checked; the weights of the model may be missing',
    )
  const ratio = gapOf(best.plain, (await probe(wire, best.prompt, PROBE_TEMPERATURE, 0)).top) / best.gap
  if (Math.abs(ratio - 1) < 0.1) return checkScale(wire, best, 'raw')
  if (Math.abs(ratio - 1 / PROBE_TEMPERATURE) < 0.1) {
    const { logprob } = await probe(wire, best.prompt, PROBE_TEMPERATURE, 1)
    return checkScale(wire, best, logprob > -LEAST_GAP ? 'processed' : 'tempered')
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

/** Largest difference of two log-probs of one token that the numerics of a server explain. @units nats */
const NUMERICS = 0.1

/**
 * Compares the log-prob of a sampled token with that of the same token when it is given: logits differ from log-probs. Returns the
 * kind.
 */
const checkScale = async (
  wire: SamplerWire,
  { prompt, plain: [first] }: Probed,
  kind: LogprobKind,
): Promise<LogprobKind> => {
  const { token, logprob } = first!
  const sequence = { tokens: [...prompt, token], weights: null }
  const given =
    kind === 'processed'
      ? (await lastValueFrom(wire.score({ ...sequence, top: 0 }))).logprobs_T.at(-1)!
      : (await lastValueFrom(wire.logprobs(sequence))).at(-1)!
  if (Math.abs(given - logprob) <= NUMERICS) return kind
  throw new ServerError(
    'unfit',
    wire.name,
    `${logprob.toPrecision(4)} for a sampled token, and ${given.toPrecision(4)} when it is given`,
    'equal log-probs of a token, sampled or given, at temperature 1; the server may return logits for one of them',
  )
}

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
