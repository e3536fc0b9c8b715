import type { ObservableInput } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Prompt } from '../rollout/prompt.js'

/** A verdict on one completion. */
export interface Reward {
  /** On the task's scale (see {@link RewardScale}); finite. */
  readonly value: number
  readonly correct: boolean
  /** What the completion comes to, where it comes to something: equal answers are equal texts, and equally correct. */
  readonly answer?: string
}

/** `signed` is {-1, +1}-like: wrong answers are negative. `binary` is {0, 1}-like. */
export type RewardScale = 'signed' | 'binary'

/** Why a completion has no verdict. */
export interface VerifierFailure {
  readonly _tag: 'VerifierThrew' | 'VerifierTimedOut' | 'MalformedVerdict' | 'NonFiniteReward' | 'NoVerdict'
  readonly message: string
}

/** Judges one completion; the first emitted reward is the verdict. */
export type Verifier = (prompt: Prompt, completion: Completion) => ObservableInput<Reward>
