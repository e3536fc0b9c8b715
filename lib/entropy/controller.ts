import type { DistributionNeed } from '../batch/distribution.js'
import type { RewardScale } from '../rollout/reward.js'
import type { MeasuredBatch, Memory } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** Output of a controller for one batch: its memory, and the values that it replaces. */
export interface ControllerOutput<M extends Memory = Memory> {
  /** Memory after this batch. */
  readonly memory: M
  /** Advantages that replace those of the batch. The batch keeps its own if the field is absent. @shape [B] */
  readonly advantages_B?: Float32Array
  /** Values that replace scalars of the objective ({@link Objective.scalars}), by name. */
  readonly scalars?: Readonly<Record<string, number>>
}

/** Entropy controller: changes advantages, or scalars of the objective, batch by batch. It is a fold over the batches of a run. */
export interface Controller<M extends Memory = Memory> {
  /** Name of the controller, as in its registry and in the logs. */
  readonly name: string
  /** Scale of reward that the controller needs: `signed` if it separates responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /**
   * Statistics of the distribution at each position that the controller reads; absent if it reads only log-probs of the sampled tokens,
   * and the entropy state.
   */
  readonly needsDistribution?: DistributionNeed
  /** Memory before the first batch. A run that resumes starts from the last memory in its log. */
  readonly initial: M
  /**
   * Returns the output for a batch from its entropy, which is a number, and from the memory after the batch before. Pure: the batch
   * itself is not changed.
   */
  control(entropy: EntropyState, batch: MeasuredBatch, memory: M): ControllerOutput<M>
}
