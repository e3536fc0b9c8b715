import type { Verifier } from '../reward/verifier.js'
import type { RewardScale } from '../rollout/reward.js'
import type { Demonstration } from '../rollout/demonstration.js'
import type { Prompt, PromptSource } from '../rollout/prompt.js'
import type { Tokenizer } from '../tokenizer/tokenizer.js'

/**
 * Part of a task. A policy trains on `train`, settings are chosen on `tune`, and reported numbers are measured on
 * `test`.
 */
export type Split = 'train' | 'tune' | 'test'

/** Source of prompts whose answers can be verified. */
export interface Task {
  readonly name: string
  readonly tokenizer: Tokenizer
  readonly rewardScale: RewardScale
  readonly verifier: Verifier
  /** Length of the longest correct answer, end token included. @units tokens */
  readonly maxTokens: number
  /**
   * Returns an endless source of prompts, which depends only on the seed. A prompt may come again, and no prompt is in
   * two splits. `from` is the number of prompts to skip: a resumed run passes the number that it has used. The source
   * is asynchronous if it reads files.
   */
  prompts(split: Split, seed: number, from?: number): PromptSource
}

/**
 * Task that generates its problems from random keys. Its source of prompts is synchronous, and it has demonstrations.
 */
export interface GeneratedTask extends Task {
  prompts(split: Split, seed: number, from?: number): Iterable<Prompt>
  /** Returns the n-th of endless demonstrations from the train split. Some of them are wrong. */
  demonstrations(seed: number): (n: number) => Demonstration
}
