import type { Either } from 'fp-ts/lib/Either.js'
import type { Reward, VerifierFailure } from './reward.js'
import type { Completion } from './completion.js'
import type { Prompt } from './prompt.js'

/** Group: the G completions of one prompt. */
export interface RolloutGroup {
  /** Number of the training step. */
  readonly step: number
  /** Number of groups of that step. */
  readonly groups: number
  /** Index of the prompt in its batch, from 0; groups finish in any order. */
  readonly index: number
  readonly prompt: Prompt
  readonly completions: readonly Completion[]
  /** On the first group of a step: number of groups that dynamic sampling discarded. */
  readonly discarded?: number
}

/** Adds one verdict per completion. A failure of the verifier is a value: it is counted, and its completion never trains. */
export interface Rewarded {
  readonly rewards_G: readonly Either<VerifierFailure, Reward>[]
}

/** Adds one advantage per completion; NaN when the verifier failed or the estimator excludes the completion. */
export interface Advantaged {
  readonly advantages_G: readonly number[]
}

/** Group with rewards. */
export type RewardedGroup = RolloutGroup & Rewarded

/** Group with rewards and advantages. */
export type AdvantagedGroup = RewardedGroup & Advantaged
