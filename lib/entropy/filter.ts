import type { RewardScale } from '../rollout/reward.js'
import type { FilteredBatch, MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** Rejection filter: decides which responses or tokens of a batch train, by the entropy state of that batch. */
export interface Filter {
  /** Name of the filter, as in its registry and in error messages. */
  readonly name: string
  /** Scale of reward that the filter needs: `signed` if it separates responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /** Returns the batch with its mask of tokens that train. Pure: the batch itself is not changed. */
  readonly admit: (state: EntropyState, batch: MeasuredBatch) => FilteredBatch
}
