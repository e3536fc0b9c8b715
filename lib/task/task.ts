import type { Verifier } from '../reward/verifier.js'
import type { RewardScale } from '../rollout/reward.js'
import type { Demonstration } from '../rollout/demonstration.js'
import type { Prompt, PromptSource } from '../rollout/prompt.js'
import type { Tokenizer } from '../tokenizer/tokenizer.js'

/** Training sees `train` alone, every choice of regime is made on `tune`, every reported number is from `test`. */
export type Split = 'train' | 'tune' | 'test'

/** Prompts whose answers can be verified. */
export interface Task {
  readonly name: string
  readonly tokenizer: Tokenizer
  readonly rewardScale: RewardScale
  readonly verifier: Verifier
  /** The longest answer that can be right, end token included. @units tokens */
  readonly maxTokens: number
  /**
   * Endless, by key; a prompt may come again. No prompt is in two splits. `from` is the number of prompts that a run
   * which goes on has had: it gets those that would have come next. Files are read as prompts are asked for, hence async.
   */
  prompts(split: Split, seed: number, from?: number): PromptSource
}

/** A task whose problems are made by key: prompts are there at once, and answers can be shown. */
export interface GeneratedTask extends Task {
  prompts(split: Split, seed: number, from?: number): Iterable<Prompt>
  /** The n-th demonstration of an endless supply from the train split, right and wrong ones mixed. */
  demonstrations(seed: number): (n: number) => Demonstration
}
