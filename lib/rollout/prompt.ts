/** A question put to the policy: token ids are what the model reads, text is for verifiers and people. */
export interface Prompt {
  /** Unique within the task. */
  readonly id: string
  readonly text: string
  readonly tokens: readonly number[]
  /** What the verifier compares with: a final answer, or the problem itself where many answers are right. */
  readonly reference: string
}

/** Where prompts come from: an array, a generator, files read as they are asked for. */
export type PromptSource = Iterable<Prompt> | AsyncIterable<Prompt>

/** The prompts of one batch, handed out for one credit. */
export interface PromptBatch {
  /** Number of the batch in the run; also the step its band is read at. State joins on it. */
  readonly step: number
  readonly prompts: readonly Prompt[]
  /** Number of the first prompt within its batch: 0 unless they replace others. No two draws of a batch share a key. */
  readonly offset?: number
}
