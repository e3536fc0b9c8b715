import type { ObservableInput } from 'rxjs'
import type { Batch, Scores } from '../rollout/batch.js'
import type { PromptBatch } from '../rollout/prompt.js'
import type { RolloutGroup } from '../rollout/rollout-group.js'

/** How completions are drawn. */
export interface Sampling {
  /** Completions per prompt, G. */
  readonly group: number
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the k likeliest tokens; 0 keeps all. */
  readonly topK: number
  /** Keep the smallest set of tokens whose probability reaches p; 1 keeps all. */
  readonly topP: number
  /** Longest completion, stop token included. @units tokens */
  readonly maxTokens: number
  /** First part of every draw's key (seed, batch, prompt, sample, token). */
  readonly seed: number
}

/** Samples and scores: the model as the rollout and the monitor see it. */
export interface Policy {
  /** Version of the weights that the next call reads. */
  readonly version: number
  /** Groups as they finish, in any order; unsubscribing stops within one decode step. */
  sample(prompts: PromptBatch, how: Sampling): ObservableInput<RolloutGroup>
  /** What the policy says of the completion tokens of the batch, at temperature 1. */
  score(batch: Batch): ObservableInput<Scores>
}
