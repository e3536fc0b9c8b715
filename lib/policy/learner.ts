import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { ObservableInput } from 'rxjs'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { LearnerState } from '../checkpoint/training-state.js'
import type { Objective } from '../objective/objective.js'
import type { FilteredBatch } from '../rollout/batch.js'
import type { ScoreMethod } from '../rollout/scores.js'
import type { LearnerLock } from './learner-lock.js'

/** Result of an update: the measurements of an update that was made, or the reason why it was skipped. */
export type UpdateReport =
  | {
      readonly status: 'updated'
      /** Version of the weights that the update published. */
      readonly version: number
      readonly optimizerSteps: number
      readonly learningRate: number
      /** Loss, averaged over the minibatches of the update. */
      readonly loss: number
      /** Gradient norm before clipping, averaged over the minibatches of the update; NaN if the learner cannot measure it. */
      readonly gradientNorm: number
      /** Share of trained tokens whose ratio was clipped. */
      readonly clipFraction: number
      /** Share of trained tokens whose ratio was clipped and whose advantage is negative. */
      readonly clipFractionLow: number
      /** Share of trained tokens whose ratio was clipped and whose advantage is not negative. */
      readonly clipFractionHigh: number
      /** Share of trained tokens that the objective marked by covariance or by S; 0 for objectives that mark none. */
      readonly markedFraction: number
      /** KL divergence to the policy that scored the batch (estimator k3), averaged over trained tokens. @units nats */
      readonly kl: number
      /** Smallest and largest ratio of a trained token. */
      readonly ratio: { readonly min: number; readonly max: number }
    }
  | { readonly status: 'skipped'; readonly version: number; readonly reason: SkipReason }

/** Reasons why an update changed no weight. */
export const skipReasons = [
  'nothing-accepted',
  'zero-advantage',
  'non-finite-loss',
  'non-finite-weights',
  'gradient-spike',
] as const

/**
 * Reason why an update changed no weight: no response was accepted; every advantage and the gradient were 0; the loss or the
 * norm of the gradient was not finite; the new weights, their norm, or the moments of the optimiser were not finite; the norm
 * of the gradient exceeded the limit of the spike guard.
 */
export type SkipReason = (typeof skipReasons)[number]

/** Reasons of a refused update: its numbers were wrong. The other reasons mean that the batch had nothing to train on. */
export const refusals = ['non-finite-loss', 'non-finite-weights', 'gradient-spike'] as const satisfies SkipReason[]

/** Reason why an update was refused. */
export type Refusal = (typeof refusals)[number]

/** Returns the reason if a learner refused an update; null for every other outcome. */
export const refusalOf = (report: UpdateReport): Refusal | null =>
  report.status === 'skipped' ? (refusals.find((refusal) => refusal === report.reason) ?? null) : null

/** Port that trains: owns the weights and the optimiser state. `State` is the form of its snapshot. */
export interface Learner<State extends LearnerState = LearnerState> {
  /**
   * Makes the optimiser steps of one batch, publishes the next version of the weights and emits one report.
   * Log-probs of the policy are at the temperature of `batch.scores.tempered`, or 1. Unsubscribing stops within one micro-batch
   * and publishes nothing, unless the learner has `finishesUpdates`.
   *
   * @errors PipelineError AlreadyRunning while the learner of a local model makes another update, or serves a run that the
   *         batch does not belong to
   */
  update(batch: FilteredBatch, objective: Objective): ObservableInput<UpdateReport>
  /** Copies the parameters and the optimiser state to the host, or saves them where they are. */
  snapshot(): TaskEither<CheckpointError, State>
  /**
   * `sampled` for a learner that knows nothing of the distribution at a position but the log-prob of the sampled token, such as a
   * learner on a server; absent for `exact`. Objectives with `needsDistribution` are refused before a run starts on it.
   */
  readonly scoreMethod?: Exclude<ScoreMethod, 'top-k'>
  /**
   * True for a learner that may publish the version of an update that was unsubscribed, such as one on a service, which takes no step
   * back. A run that is stopped then waits for the report. Absent for a learner that gives the update up.
   */
  readonly finishesUpdates?: boolean
  /** Lock that wrappers of one learner share. A learner without one is locked by its identity. */
  readonly lock?: LearnerLock
}
