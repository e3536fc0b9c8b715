import type { FilteredBatch, MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from './entropy-state.js'

/** Decides which responses or tokens of a batch train, by the state measured on that batch. Pure. */
export type Filter = (state: EntropyState, batch: MeasuredBatch) => FilteredBatch
