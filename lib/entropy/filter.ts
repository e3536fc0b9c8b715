import type { RewardScale } from '../rollout/reward.js'
import type { FilteredBatch, MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** Decides which responses or tokens of a batch train, by the state measured on that batch. */
export interface Filter {
  readonly name: string
  /** The scale of reward it needs: `signed` where it splits responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /** Pure. */
  readonly admit: (state: EntropyState, batch: MeasuredBatch) => FilteredBatch
}
