import type { RewardScale, Verifier } from '../reward/reward.js'
import type { Demonstration } from '../rollout/demonstration.js'
import type { Prompt } from '../rollout/prompt.js'
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
  /** Endless, by key; a prompt may come again. No prompt is in two splits. */
  prompts(split: Split, seed: number): Iterable<Prompt>
  /** The n-th demonstration of an endless supply from the train split, right and wrong ones mixed. */
  demonstrations(seed: number): (n: number) => Demonstration
}
