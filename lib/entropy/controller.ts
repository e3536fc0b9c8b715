import type { RewardScale } from '../rollout/reward.js'
import type { ControllerState, MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** What a controller changes of a batch. */
export interface ControllerOutput {
  /** In place of the batch's; they stay where this is not given. @shape [B] */
  readonly advantages_B?: Float32Array
  /** In place of the objective's {@link Objective.scalars}. */
  readonly scalars?: Readonly<Record<string, number>>
}

/**
 * Weighs batches by their entropy, with a memory: a fold over the stream of entropy states. Pure.
 *
 * The filter lets responses in or keeps them out by the state of one batch; a controller turns a knob and remembers where
 * it stands.
 */
export interface Controller<S extends ControllerState = ControllerState> {
  readonly name: string
  /** The scale of reward it needs: `signed` where it splits responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /** Before the first batch; a run that resumes goes on from the state it reported last. */
  readonly initial: S
  /** The state once the entropy of a batch is known. */
  next(state: S, entropy: EntropyState): S
  /** What the state makes of that batch. */
  control(state: S, batch: MeasuredBatch): ControllerOutput
}
