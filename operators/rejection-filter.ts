import {
  concatMap,
  defer,
  filter as matching,
  finalize,
  map,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  take,
  throwIfEmpty,
} from 'rxjs'
import type { EntropyState } from '../lib/entropy/entropy-state.js'
import type { Filter } from '../lib/entropy/filter.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { FilteredBatch, MeasuredBatch } from '../lib/rollout/batch.js'

/** States that are kept for batches still to come; a monitor in the same pipeline is never more than one ahead. */
const remembered = 64

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
      const states$ = new ReplaySubject<EntropyState>(remembered)
      const feeding = state$.subscribe(states$)
      return batches$.pipe(
        concatMap((batch) => stateOf(batch, states$).pipe(map((state) => filter(state, batch)))),
        finalize(() => feeding.unsubscribe()),
      )
    })

const stateOf = ({ batch }: MeasuredBatch, states$: Observable<EntropyState>): Observable<EntropyState> =>
  states$.pipe(
    matching((state) => state.batch === batch),
    take(1),
    throwIfEmpty(() => new PipelineError('BrokenInvariant', `the entropy states ended without that of batch ${batch}`)),
  )
