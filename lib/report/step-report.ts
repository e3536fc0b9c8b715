import type { EntropyState } from '../rollout/entropy-state.js'
import type { UpdateReport } from '../policy/learner.js'
import type { Fault } from '../rollout/reward.js'
import type { Response, ControllerRecord } from '../rollout/batch.js'
import type { Diagnostics } from './diagnostics.js'

/** Responses by the sign of their advantage. */
export interface BySign {
  readonly positive: number
  readonly zero: number
  readonly negative: number
}

/** A response, and what the step made of it. */
export interface Example {
  readonly response: Response
  /** NaN where the estimator excluded it. */
  readonly advantage: number
  readonly accepted: boolean
  /** Of the learner policy at each token. @shape [T], the length of the completion @units nats */
  readonly entropy_T: Float32Array
  /** First-order entropy change if it trains, per unit learning rate. @units nats, summed over its tokens */
  readonly predictedChange: number
}

/** What one training step did; emitted for every batch, also for one that changed nothing. */
export interface StepReport {
  readonly step: number
  readonly outcome: UpdateReport
  readonly entropy: EntropyState
  readonly reward: { readonly mean: number; readonly correct: number }
  readonly accepted: BySign
  readonly rejected: BySign
  /** Responses that the estimator excluded, neither accepted nor rejected: their advantage is NaN. */
  readonly excluded: number
  readonly tokens: { readonly sampled: number; readonly trained: number }
  /** First-order entropy change of what was accepted, per unit learning rate. @units nats per token */
  readonly predictedChange: number
  readonly diagnostics: Diagnostics
  readonly failures: number
  /** Responses that are wrong whatever the right answer, by what they lack. */
  readonly faults: Readonly<Record<Fault, number>>
  readonly zeroVarianceGroups: number
  readonly discardedGroups: number
  /** What the controller remembers after this step; a run that resumes goes on from it. Null without one. */
  readonly controlled: ControllerRecord | null
  /** Some responses from all over the batch, for people. */
  readonly examples: readonly Example[]
}
