import { map, type OperatorFunction } from 'rxjs'
import type { Correction } from '../lib/objective/corrections.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'

/**
 * Makes up for a sampler that was not quite the learner.
 *
 *     batches    a---b---|
 *     output     a'--b'--|     tokens weighed, or taken out
 *
 * @errors whatever the correction throws
 */
export const correctMismatch = (correction: Correction): OperatorFunction<FilteredBatch, FilteredBatch> =>
  map((batch) => ({ ...batch, ...correction(batch) }))
