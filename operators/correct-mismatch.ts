import { map, type OperatorFunction } from 'rxjs'
import type { Correction } from '../lib/objective/corrections.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'

/**
 * Corrects for the difference between the sampler's probabilities and the learner's, which come from different engine
 * programs or weights.
 *
 *     batches    a---b---|
 *     output     a'--b'--|     a': tokens get importance weights, or are masked
 *
 * @shape adds importance_BT [B, T], or changes mask_BT [B, T]
 * @errors every error that the correction throws
 * @example
 * batches$.pipe(rejectionFilter(control.state$, sign()), correctMismatch(truncate(2)))
 */
export const correctMismatch = (correction: Correction): OperatorFunction<FilteredBatch, FilteredBatch> =>
  map((batch) => ({ ...batch, ...correction(batch) }))
