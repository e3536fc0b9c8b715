import type { Observable } from 'rxjs'
import type { Sampling } from '../../policy/policy.js'
import type { FinishReason } from '../../rollout/completion.js'

/** Token with its log-prob. @units nats */
export interface TopToken {
  readonly token: number
  readonly logprob: number
}

/** Completions that a server is asked for. */
export interface WireSampling extends Pick<Sampling, 'temperature' | 'topK' | 'topP' | 'maxTokens'> {
  readonly prompt: readonly number[]
  /** Number of completions. */
  readonly count: number
  /** Tokens that end a completion. */
  readonly ends: readonly number[]
  /** Returns the seed of a completion, by its place. */
  readonly seedOf: (sample: number) => number
  /** Number of most probable tokens whose log-probs are returned at each position. */
  readonly top: number
  /** Name of the weights; null for those that the server was started with. */
  readonly weights: string | null
}

/**
 * Completion as a server returns it. The last token is the stop token if one was sampled.
 *
 * @shape logprobs_T [T], in the order of `tokens`; top_T [T], each with the most probable tokens first
 * @units nats; the server decides whether temperature, top-k and top-p are applied
 */
export interface WireCompletion {
  readonly tokens: readonly number[]
  readonly logprobs_T: readonly number[]
  readonly top_T: readonly (readonly TopToken[])[]
  readonly finish: FinishReason
}

/** Sequence that a server is asked to score. */
export interface WireSequence {
  readonly tokens: readonly number[]
  /** Number of most probable tokens whose log-probs are returned at each position. */
  readonly top: number
  /** Name of the weights; null for those that the server was started with. */
  readonly weights: string | null
}

/**
 * Log-probs of the tokens of a sequence, at temperature 1.
 *
 * @shape logprobs_T [T], 0 for the first token; top_T [T], empty for the first token
 * @units nats
 */
export interface WireScores {
  readonly logprobs_T: Float32Array
  readonly top_T: readonly (readonly TopToken[])[]
}

/** Weights as a server loads them. */
export interface WireWeights {
  readonly name: string
  readonly kind: 'adapters' | 'model'
  /** Path on the machine of the server. */
  readonly folder: string
}

/**
 * Requests of one kind of server. Every request is sent when it is subscribed, emits once, and closes its connection when it is
 * unsubscribed.
 *
 * @errors ServerError
 */
export interface SamplerWire {
  /** Address of the server without a key. */
  readonly name: string
  /** Tokens among which top-p chooses: those that top-k keeps, or all. */
  readonly nucleus: 'kept' | 'all'
  /** Setting of the server with which log-probs are those of the sampling distribution; null if there is none. */
  readonly processedSetting: string | null
  /** True if the server scores sequences while it works on other requests. */
  readonly scoresBeside: boolean
  readonly complete: (request: WireSampling) => Observable<readonly WireCompletion[]>
  readonly score: (sequence: WireSequence) => Observable<WireScores>
  /** Log-probs of the tokens of a short sequence at temperature 1, beside other requests; 0 for the first token. @shape [T] */
  readonly logprobs: (sequence: Omit<WireSequence, 'top'>) => Observable<Float32Array>
  /** Loads weights under their name. Weights that are loaded already are no error. */
  readonly load: (weights: WireWeights) => Observable<unknown>
  /** Unloads adapters. */
  readonly unload: (name: string) => Observable<unknown>
  /** Asks whether the server works. */
  readonly ask: () => Observable<unknown>
  /** Returns whether an error says that the server does not know the weights of the request, for example after a restart. */
  readonly isForgotten: (error: unknown) => boolean
  readonly close: () => Promise<void>
}
