import type { EntropyState } from './entropy-state.js'
import type { Reward, VerifierFailure } from './reward.js'
import type { Completion } from './completion.js'
import type { Prompt, PromptPosition } from './prompt.js'
import type { Scores } from './scores.js'

/** Completion of a batch, with its prompt and its reward. */
export interface Response {
  readonly prompt: Prompt
  readonly completion: Completion
  readonly reward: Reward
  /** Index of the response's group in the batch. */
  readonly group: number
}

/**
 * Responses of one training step: B rows of up to T tokens. The advantage of a response is NaN when the estimator excludes
 * it; such a response is measured and reported, and never trains.
 *
 * @shape advantages_B [B]; every [B, T] matrix is row-major, row b holds the completion tokens of response b,
 *        left-aligned and zero-padded to `width` = T
 */
export interface Batch {
  /** Number of the training step, from 0 on. */
  readonly step: number
  readonly responses: readonly Response[]
  readonly advantages_B: Float32Array
  /** T: length of the longest completion of the batch. @units tokens */
  readonly width: number
  /**
   * Failures of the verifier, those of groups that dynamic sampling discarded included. Their completions are counted and
   * never train.
   */
  readonly failures: readonly VerifierFailure[]
  /** Number of degenerate groups: all rewards are equal, so the group-relative advantage is 0. */
  readonly zeroVarianceGroups: number
  /** Number of degenerate groups that dynamic sampling replaced. */
  readonly discardedGroups: number
  /** Number of groups, those without responses included. Absent: the groups that have responses. */
  readonly groups?: number
  /** Number of groups without a verdict, because the verifier failed on every completion; absent for 0. */
  readonly failedGroups?: number
  /** Number of groups that were dropped because their completions were too old; absent for 0. */
  readonly staleGroups?: number
  /**
   * Maximum number of batches between prompts and sink. When this batch was sampled, the updates of all steps up to
   * `step - inFlight` were complete. Absent if the demand of {@link toBatches} does not tell it.
   */
  readonly inFlight?: number
  /** Position in the source of prompts after this step, from which a run resumes. Absent if nothing records the position. */
  readonly position?: PromptPosition
}

/** Adds the scores. The band and the drift are in the entropy state of the same step. */
export interface EntropyMeasured {
  readonly scores: Scores
  /**
   * Steps from `step - inFlight` on that were known to have changed no weight when the scores arrived, because their update was
   * skipped. Absent if there is none.
   */
  readonly skipped?: readonly number[]
}

/** Adds the record of the controller that was applied to the batch. */
export interface Controlled {
  readonly controlled: ControllerRecord
}

/** Decision of a controller about one batch, and its memory for the next batch. */
export interface ControllerRecord {
  /** Name of the controller. */
  readonly controller: string
  /** Memory of the controller after this batch. */
  readonly memory: Memory
  /** Scalars of the objective that the controller sets, by name. */
  readonly scalars: Readonly<Record<string, number>>
}

/** Memory of a filter or of a controller: numbers and lists of numbers by name, so that logs and checkpoints can store it. */
export type Memory = Readonly<Record<string, number | readonly number[]>>

/** Adds the importance weight of each token, which corrects for the difference between sampler and learner. @shape [B, T] */
export interface Corrected {
  readonly importance_BT: Float32Array
}

/**
 * Adds the log-probability of every completion token under a frozen reference policy, at the temperature of
 * `scores.tempered` or 1.
 *
 * @shape [B, T], zero beyond a response's length
 * @units nats
 */
export interface Referenced {
  readonly referenceLogprobs_BT: Float32Array
}

/**
 * Adds the decision of the rejection filter.
 *
 * @shape mask_BT [B, T], 1 where a token trains; accepted_B [B], true where any token of the response trains
 */
export interface Filtered {
  readonly state: EntropyState
  readonly mask_BT: Uint8Array
  readonly accepted_B: readonly boolean[]
  /** Memory of the filter after this batch; absent if the filter has none. */
  readonly memory?: Memory
}

/** Batch with its scores. Fields that optional stages add are optional. */
export type MeasuredBatch = Batch & EntropyMeasured & Partial<Referenced> & Partial<Controlled>

/** Filtered batch, which a learner trains on. Fields that optional stages add are optional. */
export type FilteredBatch = MeasuredBatch & Filtered & Partial<Corrected>
