/** Question that the policy answers: the model reads its tokens; verifiers and people read its text. */
export interface Prompt {
  /** Identifier, unique within the task. */
  readonly id: string
  readonly text: string
  readonly tokens: readonly number[]
  /** Input of the verifier: the final answer, or the problem itself when many answers are right. */
  readonly reference: string
}

/** Source of prompts: an array, a generator, or files that are read on demand. */
export type PromptSource = Iterable<Prompt> | AsyncIterable<Prompt>

/** Position in a source of prompts, numbered from 0: the prompts before `from`, and those of `used`, were used by a run. */
export interface PromptPosition {
  readonly from: number
  /** Numbers of used prompts after `from`, in ascending order. It is empty unless several batches are in flight. */
  readonly used: readonly number[]
}

/** Prompts of one batch, which holds one credit. */
export interface PromptBatch {
  /** Number of the training step. The band of this step applies to the batch, and its entropy state has this step. */
  readonly step: number
  readonly prompts: readonly Prompt[]
  /**
   * Index of the first prompt within its step. It is above 0 for prompts that replace others, so that no two samples of a
   * step share a random key. Default 0.
   */
  readonly offset?: number
}
