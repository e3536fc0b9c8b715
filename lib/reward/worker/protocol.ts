import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Verifier } from '../verifier.js'
import type { Reward } from '../../rollout/reward.js'

/** Module and options from which a worker makes its verifier. */
export interface VerifierSource {
  /** URL of the module. */
  readonly module: string
  /** Name of its export, a function that makes a verifier from the options. */
  readonly name: string
  /** Argument of the function: plain data, because it crosses threads. */
  readonly options: unknown
}

/** Function that a module exports for {@link VerifierSource}. */
export type MakeVerifier = (options: unknown) => Verifier | Promise<Verifier>

/** Message to a worker: the completion to verify. The next one is sent after the response. */
export interface Check {
  readonly prompt: Prompt
  readonly completion: Completion
}

/**
 * Message from a worker. The first is `ready`, or an error if the verifier cannot be made. Then each check has one
 * response: a verdict or an error.
 */
export type Message =
  | { readonly kind: 'ready' }
  /** The reward is null if the verifier completed without one. */
  | { readonly kind: 'verdict'; readonly reward: Reward | null }
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
