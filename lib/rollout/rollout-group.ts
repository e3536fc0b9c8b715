import type { Either } from 'fp-ts/lib/Either.js'
import type { Reward, VerifierFailure } from './reward.js'
import type { Completion } from './completion.js'
import type { Prompt } from './prompt.js'

/** G completions of one prompt. */
export interface RolloutGroup {
  /** The batch it belongs to, and how many groups that batch has. */
  readonly step: number
  readonly groups: number
  /** Position of the prompt in its batch, from 0: order of completion changes nothing. */
  readonly index: number
  readonly prompt: Prompt
  readonly completions: readonly Completion[]
  /** On the first group of a batch: how many groups dynamic sampling put away to make it. */
  readonly discarded?: number
}

/** Adds one verdict per completion; a verifier that failed is a value, counted and left out of training. */
export interface Rewarded {
  readonly rewards_G: readonly Either<VerifierFailure, Reward>[]
}

/** Adds one advantage per completion; NaN where the verifier failed or the estimator excludes it from training. */
export interface Advantaged {
  readonly advantages_G: readonly number[]
}

export type RewardedGroup = RolloutGroup & Rewarded
export type AdvantagedGroup = RewardedGroup & Advantaged
