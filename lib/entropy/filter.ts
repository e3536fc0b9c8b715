import type { DistributionNeed } from '../batch/distribution.js'
import type { RewardScale } from '../rollout/reward.js'
import type { FilteredBatch, MeasuredBatch, Memory } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/**
 * Rejection filter: decides which responses, or which tokens, of a batch train.
 *
 * A filter may be a fold over the batches of a run. Such a filter has a memory, and returns the memory for the next batch.
 */
export interface Filter<M extends Memory = Memory> {
  /** Name of the filter, as in its registry and in error messages. */
  readonly name: string
  /** Scale of reward that the filter needs: `signed` if it separates responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
  /**
   * Statistics of the distribution at each position that the filter reads; absent if it reads only log-probs of the sampled tokens,
   * and the entropy state.
   */
  readonly needsDistribution?: DistributionNeed
  /** Memory before the first batch; absent for a filter without memory. */
  readonly initial?: M
  /**
   * Returns the batch with its mask of tokens that train, and with the memory after this batch. Pure: the batch itself is not
   * changed. `memory` is the one after the batch before; by default `initial`.
   */
  admit(state: EntropyState, batch: MeasuredBatch, memory?: M): FilteredBatch
}
