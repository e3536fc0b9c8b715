import * as E from 'fp-ts/lib/Either.js'
import type { Sampling } from '../../policy/policy.js'
import type { Completion } from '../../rollout/completion.js'
import { ServerError } from '../http/server-error.js'
import type { LogprobKind } from './logprob-kind.js'
import type { SamplerWire, TopToken, WireCompletion } from './wire.js'

/** Log-probs of a completion, in the form of {@link Completion}. */
export type CompletionLogprobs = Pick<Completion, 'logprobs_T' | 'untruncatedLogprobs_T'>

/** Way from the log-probs of a server to those of the sampling distribution. */
export interface LogprobPlan {
  /** Number of most probable tokens that the server has to return at each position. */
  readonly top: number
  /** True if {@link toLogprobs} needs the log-probs of the completion at temperature 1, from a scoring request. */
  readonly needsScores: boolean
  /** @shape raw_T [T], at temperature 1, without top-k and top-p */
  readonly toLogprobs: (completion: WireCompletion, raw_T?: Float32Array) => CompletionLogprobs
}

/** Largest number of most probable tokens that servers return by default. */
const MOST_TOP = 20

/**
 * Plans how the log-probs of the sampling distribution are computed from those that a server returns.
 *
 *     temperature 0                       log p = 0, for both
 *     no top-k, no top-p                  as returned, if the temperature is applied or 1
 *     top-k up to 20, not applied         log p = l_i / T - log sum_kept exp(l_j / T)        l: returned, for the k most probable
 *     applied                             as returned
 *
 * The log-probs without top-k and top-p are those returned if top-k and top-p are not applied. If they are applied, a second request
 * scores the completion, which gives them at temperature 1. For other temperatures no server returns them, and they are absent.
 *
 * @units nats
 * @errors ServerError unfit if the server returns too little for this sampling
 */
export const planLogprobs = (
  kind: LogprobKind,
  { temperature, topK, topP }: Sampling,
  { name, nucleus, processedSetting }: Pick<SamplerWire, 'name' | 'nucleus' | 'processedSetting'>,
): E.Either<ServerError, LogprobPlan> => {
  const isTruncated = topK > 0 || topP < 1
  if (temperature === 0) return E.right({ top: 0, needsScores: false, toLogprobs: certain(isTruncated) })
  if (kind === 'processed') {
    const needsScores = isTruncated && temperature === 1
    return E.right({
      ...{ top: 0, needsScores },
      toLogprobs: ({ logprobs_T }, raw_T) => ({
        logprobs_T: Float32Array.from(logprobs_T),
        ...(needsScores && raw_T !== undefined ? { untruncatedLogprobs_T: raw_T } : {}),
      }),
    })
  }
  const applied = kind === 'tempered' ? temperature : 1
  if (!isTruncated && applied === temperature)
    return E.right({
      ...{ top: 0, needsScores: false },
      toLogprobs: ({ logprobs_T }) => ({ logprobs_T: Float32Array.from(logprobs_T) }),
    })
  if (topK >= 1 && topK <= MOST_TOP)
    return E.right({
      ...{ top: topK, needsScores: false },
      toLogprobs: truncated({ scale: applied / temperature, topK, topP, nucleus, isSame: applied === temperature }),
    })
  return E.left(
    new ServerError(
      'unfit',
      name,
      `log-probs at ${kind === 'raw' ? 'temperature 1' : 'the sampling temperature'} without top-k and top-p`,
      `those of the sampling with temperature ${temperature}, top-k ${topK} and top-p ${topP}: ${remedies(kind, processedSetting)}`,
    ),
  )
}

const remedies = (kind: LogprobKind, setting: string | null): string =>
  [
    ...(setting === null ? [] : [`start the server with ${setting}`]),
    kind === 'raw' ? 'sample at temperature 1 without top-k and top-p' : 'sample without top-k and top-p',
    `or with top-k from 1 to ${MOST_TOP}`,
  ].join(', ')

/** Greedy sampling is certain, so every log-prob is 0. */
const certain =
  (isTruncated: boolean) =>
  ({ tokens }: WireCompletion): CompletionLogprobs => {
    const zeros = () => new Float32Array(tokens.length)
    return { logprobs_T: zeros(), ...(isTruncated ? { untruncatedLogprobs_T: zeros() } : {}) }
  }

interface Truncation {
  /** Factor from the returned log-probs to those at the sampling temperature, up to a constant. */
  readonly scale: number
  readonly topK: number
  readonly topP: number
  readonly nucleus: 'kept' | 'all'
  /** True if the returned log-probs are at the sampling temperature. */
  readonly isSame: boolean
}

const truncated =
  ({ scale, topK, topP, nucleus, isSame }: Truncation) =>
  ({ logprobs_T, top_T }: WireCompletion): CompletionLogprobs => ({
    logprobs_T: Float32Array.from(logprobs_T, (logprob, t) => {
      const kept = keptOf(
        top_T[t]!.slice(0, topK),
        scale,
        nucleus === 'kept' ? topP * totalOf(top_T[t]!.slice(0, topK), scale) : topP,
      )
      return Math.min(0, logprob * scale - Math.log(totalOf(kept, scale)))
    }),
    ...(isSame ? { untruncatedLogprobs_T: Float32Array.from(logprobs_T) } : {}),
  })

const totalOf = (tokens: readonly TopToken[], scale: number): number =>
  tokens.reduce((sum, { logprob }) => sum + Math.exp(logprob * scale), 0)

/** Returns the fewest tokens, most probable first, whose weights reach a sum; all of them if they do not. */
const keptOf = (tokens: readonly TopToken[], scale: number, least: number): readonly TopToken[] => {
  let sum = 0
  const end = tokens.findIndex(({ logprob }) => (sum += Math.exp(logprob * scale)) >= least)
  return end < 0 ? tokens : tokens.slice(0, end + 1)
}
