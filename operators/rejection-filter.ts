import { concatMap, defer, map, type Observable, type OperatorFunction } from 'rxjs'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import type { Filter } from '../lib/entropy/filter.js'
import type { FilteredBatch, MeasuredBatch } from '../lib/rollout/batch.js'
import { entropyStates } from './join-entropy-state.js'

/**
 * Keeps the responses, or tokens, that push entropy back into its band (Entrocraft, Algorithm 1, with `sign()`).
 *
 *     batches    -a-----b-------c---|
 *     state$     L--------M---H------      L: below the band, M: inside, H: above; joined on the batch id
 *     output     -a'------b'----c'--|      by sign: a' only A <= 0, b' all, c' only A >= 0
 *
 * A state may come before its batch or after it; batches keep their order.
 *
 * @errors PipelineError BrokenInvariant when the states end without that of a batch; whatever the filter throws
 */
export const rejectionFilter =
  (state$: Observable<EntropyState>, filter: Filter): OperatorFunction<MeasuredBatch, FilteredBatch> =>
  (batches$) =>
    defer(() => {
      const states = entropyStates(state$)
      return batches$.pipe(
        concatMap((batch) => states.of(batch).pipe(map((state) => filter.admit(state, batch)))),
        states.whileSubscribed,
      )
    })
