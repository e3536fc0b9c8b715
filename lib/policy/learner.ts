import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { ObservableInput } from 'rxjs'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { Objective } from '../objective/objective.js'
import type { FilteredBatch } from '../rollout/batch.js'
import type { TrainingState } from '../checkpoint/training-state.js'

/** What an update did. */
export type UpdateReport =
  | {
      readonly status: 'updated'
      /** Version of the weights that the update published. */
      readonly version: number
      readonly optimizerSteps: number
      readonly learningRate: number
      /** Means over the update's minibatches. */
      readonly loss: number
      /** Norm before clipping. */
      readonly gradientNorm: number
      /** Share of trained tokens whose ratio was clipped; and of those, where A < 0, and where not. */
      readonly clipFraction: number
      readonly clipFractionLow: number
      readonly clipFractionHigh: number
      /** Share of trained tokens that the objective marked: by covariance, or by S. */
      readonly markedFraction: number
      /** Mean of (ratio - 1) - log ratio over trained tokens: KL to the policy that was scored. @units nats */
      readonly kl: number
      readonly ratio: { readonly min: number; readonly max: number }
    }
  | { readonly status: 'skipped'; readonly version: number; readonly reason: 'nothing-accepted' | 'non-finite-loss' }

/** Owns the weights and the optimiser state. */
export interface Learner {
  /** One batch's optimiser steps; publishes the next version. Unsubscribing stops within one micro-batch and publishes nothing. */
  update(batch: FilteredBatch, how: Objective): ObservableInput<UpdateReport>
  /** Weights and optimiser state, copied out. */
  snapshot(): TaskEither<CheckpointError, TrainingState>
}
