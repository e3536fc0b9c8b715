import type { EntropyState } from './entropy-state.js'
import type { Reward, VerifierFailure } from './reward.js'
import type { Completion } from './completion.js'
import type { Prompt } from './prompt.js'

/** One judged completion of a batch. */
export interface Response {
  readonly prompt: Prompt
  readonly completion: Completion
  readonly reward: Reward
  /** Index of its group in the batch. */
  readonly group: number
}

/**
 * The responses of one training step: B rows of up to T tokens. A response whose advantage is NaN was excluded by the
 * estimator: it is measured and reported, and never trains.
 *
 * @shape advantages_B [B]; every [B, T] matrix is row-major, row b holds the completion tokens of response b,
 *        left-aligned and zero-padded to `width` = T
 */
export interface Batch {
  readonly step: number
  readonly responses: readonly Response[]
  readonly advantages_B: Float32Array
  /** T, the longest completion of the batch. */
  readonly width: number
  /** Completions without a verdict: counted, not trained on. */
  readonly failures: readonly VerifierFailure[]
  /** Groups whose rewards are all equal: no group-relative signal. */
  readonly zeroVarianceGroups: number
  /** Such groups that dynamic sampling replaced. */
  readonly discardedGroups: number
}

/**
 * What the learner policy at temperature 1 says of every completion token.
 *
 * @shape all [B, T], zero beyond a response's length
 * @units nats; `s` is S of the sampled token, p (H + log p); `expectedS` is E_p[S] (Entrocraft section 4);
 *        `squares` is sum_i p_i^2 over the vocabulary, without unit
 */
export interface Scores {
  readonly version: number
  readonly logprobs_BT: Float32Array
  readonly entropy_BT: Float32Array
  readonly s_BT: Float32Array
  readonly expectedS_BT: Float32Array
  readonly squares_BT: Float32Array
}

/** Adds the scores; the band and the drift travel in `entropy$`, joined on `batch`. */
export interface EntropyMeasured {
  readonly scores: Scores
}

/** Adds what a controller made of the batch: {@link applyController}. */
export interface Controlled {
  readonly controlled: ControllerRecord
}

/** What a controller decided by the entropy of a batch, and has to remember for the next one. */
export interface ControllerRecord {
  readonly controller: string
  readonly state: ControllerState
  /** Numbers that the objective reads in place of its own. */
  readonly scalars: Readonly<Record<string, number>>
}

/** Plain numbers, so that a log or a checkpoint can hold it. */
export type ControllerState = Readonly<Record<string, number>>

/** Adds how much each token's advantage counts, where the sampler was not quite the learner. @shape [B, T] */
export interface Corrected {
  readonly importance_BT: Float32Array
}

/**
 * Adds what a frozen reference policy at temperature 1 says of every completion token.
 *
 * @shape [B, T], zero beyond a response's length
 * @units nats
 */
export interface Referenced {
  readonly referenceLogprobs_BT: Float32Array
}

/**
 * Adds who gets in.
 *
 * @shape mask_BT [B, T], 1 where a token trains; accepted_B [B], true where any token of the response trains
 */
export interface Filtered {
  readonly state: EntropyState
  readonly mask_BT: Uint8Array
  readonly accepted_B: readonly boolean[]
}

/** Stages that a pipeline may leave out add optional fields. */
export type MeasuredBatch = Batch & EntropyMeasured & Partial<Referenced> & Partial<Controlled>
export type FilteredBatch = MeasuredBatch & Filtered & Partial<Corrected>
