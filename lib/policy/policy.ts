import type { ObservableInput } from 'rxjs'
import type { Batch } from '../rollout/batch.js'
import type { PromptBatch } from '../rollout/prompt.js'
import type { RolloutGroup } from '../rollout/rollout-group.js'
import type { ScoreMethod, Scores } from '../rollout/scores.js'

/** Settings by which completions are sampled. */
export interface Sampling {
  /** Number of completions per prompt, G. */
  readonly group: number
  /** Softmax temperature; 0 samples greedily. */
  readonly temperature: number
  /** Samples from the k most probable tokens; 0 samples from all tokens. */
  readonly topK: number
  /** Samples from the smallest set of tokens whose probability reaches p; 1 samples from all tokens. */
  readonly topP: number
  /** Maximum length of a completion, stop token included. @units tokens */
  readonly maxTokens: number
  /** Random seed: the first part of the key (seed, step, prompt, sample, token) of every draw. */
  readonly seed: number
}

/** Port that samples completions and scores them: the model as rollout and entropy monitor use it. */
export interface Policy {
  /** Version of the weights that the next call reads. */
  readonly version: number
  /** Size of the vocabulary. If it is given, tokens outside it are refused before a model reads them. */
  readonly vocabulary?: number
  /**
   * Way in which `score` makes its scores; absent for `exact`. Stages that need more than it gives are refused before a run starts.
   * `sampled` needs completions at temperature 1 without top-k and top-p.
   */
  readonly scoreMethod?: ScoreMethod
  /**
   * Samples completions and emits one group for each prompt when it is complete, in any order. The `index` of a group is the
   * `offset` of the batch plus the place of its prompt, and `groups` is the number of prompts of the batch. Unsubscribing
   * stops within one decode step.
   */
  sample(prompts: PromptBatch, sampling: Sampling): ObservableInput<RolloutGroup>
  /**
   * Scores the completion tokens of the batch at temperature 1 and emits once. If `temperature` is given and is not 1, the scores
   * have `tempered` log-probs of that temperature, too. Top-k and top-p have no effect on scores.
   */
  score(batch: Batch, temperature?: number): ObservableInput<Scores>
}
