import type { LimitSide } from '../entropy/outside-limit.js'
import type { EntropyState } from '../rollout/entropy-state.js'
import type { UpdateReport } from '../policy/learner.js'
import type { Fault } from '../rollout/reward.js'
import type { ControllerRecord, Memory, Response } from '../rollout/batch.js'
import type { PromptPosition } from '../rollout/prompt.js'
import type { Diagnostics } from './diagnostics.js'
import type { FailureKind } from './failure-kinds.js'

/** Numbers of responses by the sign of their advantage. */
export interface BySign {
  readonly positive: number
  readonly zero: number
  readonly negative: number
}

/** Response of a batch, with its advantage, its acceptance by the filter and its entropies. */
export interface Example {
  readonly response: Response
  /** Advantage of the response; NaN if the estimator excluded it. */
  readonly advantage: number
  readonly accepted: boolean
  /** Entropy of the learner policy at each token; with sampled scores its surprise, -log p. @shape [T], the length of the completion @units nats */
  readonly entropy_T: Float32Array
  /** First-order entropy change if the response trains, per unit learning rate. @units nats, summed over its tokens */
  readonly predictedChange: number
}

/** Report of one training step. Every batch gives one, also a batch that changed no weights. */
export interface StepReport {
  /** Number of the training step, counted from 0. */
  readonly step: number
  readonly outcome: UpdateReport
  readonly entropy: EntropyState
  /** Side on which the entropy is outside its hard limit; absent if it is inside, or if there is no limit. */
  readonly outsideLimit?: LimitSide
  /** Mean reward of the responses, and share of correct responses in [0, 1]. */
  readonly reward: { readonly mean: number; readonly correct: number }
  /** Responses that the filter accepted. */
  readonly accepted: BySign
  /** Responses that the filter rejected. */
  readonly rejected: BySign
  /** Number of responses that the estimator excluded (advantage NaN); they are neither accepted nor rejected. */
  readonly excluded: number
  /** Share of the responses that the length limit cut: they ended without a stop token. */
  readonly truncated: number
  /** Numbers of tokens that were sampled, and of tokens that trained. */
  readonly tokens: { readonly sampled: number; readonly trained: number }
  /** First-order entropy change of the accepted responses, per unit learning rate. @units nats per token */
  readonly predictedChange: number
  readonly diagnostics: Diagnostics
  /** Number of completions that have no verdict because the verifier failed. */
  readonly failures: number
  /** Failures of the verifier by tag, the most frequent first, each with the message of the first failure. */
  readonly failureKinds: readonly FailureKind[]
  /** Numbers of responses that are incorrect for any reference answer, by fault. */
  readonly faults: Readonly<Record<Fault, number>>
  /** Number of groups of the step, one for each prompt. Groups that dynamic sampling replaced are not among them. */
  readonly groups: number
  /** Number of groups without a verdict, because the verifier failed on every completion. */
  readonly failedGroups: number
  /** Number of degenerate groups: their rewards are all equal. */
  readonly zeroVarianceGroups: number
  /** Number of degenerate groups that dynamic sampling replaced. */
  readonly discardedGroups: number
  /** Number of groups that were dropped because their completions were older than the maximum staleness. */
  readonly staleGroups: number
  /**
   * Age of the responses at the update: number of updates between the weights that sampled them and the weights that the update
   * began with, mean and maximum. NaN without responses.
   */
  readonly staleness: { readonly mean: number; readonly max: number }
  /** Memory of the filter after this step, from which a run resumes. Null for a filter without memory. */
  readonly filterMemory: Memory | null
  /** Record of the controller after this step, from which a run resumes. Null without a controller. */
  readonly controlled: ControllerRecord | null
  /** Position in the source of prompts after this step, from which a run resumes. Null if nothing records the position. */
  readonly position: PromptPosition | null
  /** Up to eight responses, evenly spaced over the batch, for display. */
  readonly examples: readonly Example[]
}
