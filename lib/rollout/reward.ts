/** Verdict on one completion. */
export interface Reward {
  /** Finite reward on the task's scale; see {@link RewardScale}. */
  readonly value: number
  readonly correct: boolean
  /**
   * Text of the extracted answer; absent if no answer was found. Correct answers have equal texts, and so have equal
   * numbers.
   */
  readonly answer?: string
  /** Reason why the completion is wrong regardless of the reference answer; absent if an answer was compared. */
  readonly fault?: Fault
  /** Parts of a weighted reward by name, before their weights are applied. */
  readonly parts?: Readonly<Record<string, number>>
}

/** Faults of a completion: no answer, an unreadable answer, or a check that exceeded its time or memory limit. */
export const faults = ['no-answer', 'malformed', 'timed-out', 'out-of-memory'] as const

/** Fault of a completion. */
export type Fault = (typeof faults)[number]

/** Builds a record with one value for each fault. */
export const perFault = <A>(value: (fault: Fault) => A): Readonly<Record<Fault, A>> =>
  Object.fromEntries(faults.map((fault) => [fault, value(fault)])) as Record<Fault, A>

/** Scale of a task's rewards: `signed` gives wrong answers a negative reward, `binary` gives them 0. */
export type RewardScale = 'signed' | 'binary'

/** Reason why a completion has no verdict. */
export interface VerifierFailure {
  readonly _tag: 'VerifierThrew' | 'VerifierTimedOut' | 'MalformedVerdict' | 'NonFiniteReward' | 'NoVerdict'
  readonly message: string
}
