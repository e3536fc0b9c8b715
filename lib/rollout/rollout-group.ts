import type { Either } from 'fp-ts/lib/Either.js'
import type { Reward, VerifierFailure } from './reward.js'
import type { Completion } from './completion.js'
import type { Prompt } from './prompt.js'

/** Group: the G completions of one prompt. */
export interface RolloutGroup {
  /** Number of the training step. */
  readonly step: number
  /** Number of groups of the batch that was sampled: as many as its prompts. */
  readonly groups: number
  /**
   * Index of the prompt within its step: the `offset` of its batch, 0 unless the batch replaces prompts, plus its place in
   * the batch. Groups finish in any order.
   */
  readonly index: number
  readonly prompt: Prompt
  readonly completions: readonly Completion[]
  /** On the first group of a step: number of groups that dynamic sampling discarded. */
  readonly discarded?: number
  /** On the first group of a step: failures of the verifier in the groups that dynamic sampling discarded. */
  readonly discardedFailures?: readonly VerifierFailure[]
  /** True for a group that was dropped because its completions were too old. It has no completions. */
  readonly stale?: true
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
