import type { RewardScale } from '../rollout/reward.js'
import type { ControllerState, MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** Output of a controller for one batch: the values that it replaces. */
export interface ControllerOutput {
  /** Advantages that replace those of the batch. The batch keeps its own if the field is absent. @shape [B] */
  readonly advantages_B?: Float32Array
  /** Values that replace scalars of the objective ({@link Objective.scalars}), by name. */
  readonly scalars?: Readonly<Record<string, number>>
}

/**
 * Entropy controller: changes advantages, or scalars of the objective, batch by batch. Pure.
 *
 * A controller is a fold over the stream of entropy states, so it has a memory. A filter has none: it accepts and rejects
 * responses by the entropy state of their own batch.
 */
export interface Controller<S extends ControllerState = ControllerState> {
  /** Name of the controller, as in its registry and in the logs. */
  readonly name: string
  /** Scale of reward that the controller needs: `signed` if it separates responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /** State before the first batch. A run that resumes starts from the last state in its log. */
  readonly initial: S
  /** Returns the state after the entropy of a batch was measured. */
  next(state: S, entropy: EntropyState): S
  /** Returns the output for that batch; the batch itself is not changed. */
  control(state: S, batch: MeasuredBatch): ControllerOutput
}
