import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Verifier } from '../verifier.js'
import type { Reward } from '../../rollout/reward.js'

/** A verifier as a worker finds it: what makes it is exported by a module, and its options may cross threads. */
export interface VerifierSource {
  /** URL of the module. */
  readonly module: string
  /** Name of its export, a function of the options. */
  readonly name: string
  readonly options: unknown
}

export type MakeVerifier = (options: unknown) => Verifier

/** What a worker is asked, one at a time. */
export interface Check {
  readonly prompt: Prompt
  readonly completion: Completion
}

/** What a worker says: first that it has the verifier, or why it has none, then a verdict for each check. */
export type Message =
  | { readonly kind: 'ready' }
  /** Null where the verifier ended without one. */
  | { readonly kind: 'verdict'; readonly reward: Reward | null }
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
