import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Observable } from 'rxjs'
import type { Policy } from '../policy/policy.js'
import type { ServerError } from './http/server-error.js'

/** Sequence whose log-probs under some weights are known, to find out whether a server has these weights. */
export interface KnownSequence {
  readonly tokens: readonly number[]
  /** Log-probs under the learner; that of the first token is 0. @shape [T] @units nats, at temperature 1 */
  readonly logprobs_T: Float32Array
  /** Maximum mean difference between the log-probs of learner and server. @units nats per token */
  readonly tolerance: number
}

/** Weights that a server is told to sample with. */
export interface PublishedWeights {
  /** Version of the weights, which every completion that they sample carries. */
  readonly version: number
  /** Name under which the server keeps the weights, such as `entrain-RUN-000012`. A name never gets other weights. */
  readonly name: string
  /** Contents of the folder: adapters in the format of PEFT, or a whole model in the format of Hugging Face. */
  readonly kind: 'adapters' | 'model'
  /** Path of the folder on this machine. A policy translates it to the path under which its server sees the folder. */
  readonly folder: string
  /** Sequence by which the delivery is checked; without it, there is no check. */
  readonly known?: KnownSequence
}

/** State of a server. */
export interface ServerStatus {
  /** True if the server answers. One late or failed answer does not make it false, several in a row do. */
  readonly isAlive: boolean
  /** Error of the last request to a server that is not alive; null for one that is. */
  readonly fault: ServerError | null
  /** Version of the weights that the next request samples with. */
  readonly version: number
  /** Tokens that it sampled per second, over the requests of the last seconds; 0 while it samples nothing. */
  readonly tokensPerSecond: number
  /** Number of prompts whose completions are not finished. */
  readonly waiting: number
}

/** Policy whose model runs on a server. */
export interface RemotePolicy extends Policy {
  /** Address of the server without a key, for messages. */
  readonly name: string
  /** Makes every later request use these weights. The version before is unloaded when no request uses it any longer. */
  readonly publish: (weights: PublishedWeights) => TaskEither<ServerError, void>
  /**
   * Returns the log-probs of the tokens of one sequence under the newest weights; that of the first token is 0, because nothing
   * comes before it.
   *
   * @shape [T] -> [T]
   * @units nats, at temperature 1
   */
  readonly logprobs: (tokens: readonly number[]) => TaskEither<ServerError, Float32Array>
  /** State of the server; emits at subscription and when it changes. */
  readonly status$: Observable<ServerStatus>
  /** Unloads the adapters that were published, and ends all requests and connections. */
  readonly close: () => Promise<void>
}
