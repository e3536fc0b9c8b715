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
  /** Why it is wrong whatever the right answer; absent where an answer was compared. */
  readonly fault?: Fault
  /** What it is the sum of, by name, before weights. */
  readonly parts?: Readonly<Record<string, number>>
}

/** What a wrong completion lacks: an answer, one that can be read, or one that is checked in bounded time and memory. */
export const faults = ['no-answer', 'malformed', 'timed-out', 'out-of-memory'] as const
export type Fault = (typeof faults)[number]

/** One value for each fault. */
export const perFault = <A>(value: (fault: Fault) => A): Readonly<Record<Fault, A>> =>
  Object.fromEntries(faults.map((fault) => [fault, value(fault)])) as Record<Fault, A>

/** `signed` is {-1, +1}-like: wrong answers are negative. `binary` is {0, 1}-like. */
export type RewardScale = 'signed' | 'binary'

/** 1 for what is right; for what is wrong -1 where wrong answers are negative, 0 where they are not. */
export const onScale = (scale: RewardScale, correct: boolean): number => (correct ? 1 : scale === 'signed' ? -1 : 0)

/** Why a completion has no verdict. */
export interface VerifierFailure {
  readonly _tag: 'VerifierThrew' | 'VerifierTimedOut' | 'MalformedVerdict' | 'NonFiniteReward' | 'NoVerdict'
  readonly message: string
}

/** Judges one completion; the first emitted reward is the verdict. */
export type Verifier = (prompt: Prompt, completion: Completion) => ObservableInput<Reward>
