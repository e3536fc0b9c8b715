import { defer, map, type Observable, type OperatorFunction } from 'rxjs'
import type { Filter } from '../lib/entropy/filter.js'
import type { FilteredBatch, MeasuredBatch, Memory } from '../lib/rollout/batch.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { joinEntropyState } from './join-entropy-state.js'

/**
 * Rejects responses, or tokens, that push entropy further out of its band (Entrocraft, Algorithm 1, with `sign()`).
 *
 *     batches    -a-----b-------c---|
 *     state$     L--------M---H------      L: below the band, M: inside, H: above; joined on the step
 *     output     -a'------b'----c'--|      sign(): a' accepts A <= 0, b' all, c' A >= 0
 *
 * A state may come before its batch or after it. Batches keep their order. A filter with a memory gets the memory after the batch
 * before; `initial` is the one before the first batch, and a resumed run passes its last one.
 *
 * @shape adds mask_BT [B, T] and accepted_B [B]
 * @errors PipelineError BrokenInvariant when the state of a step is missing; every error that the filter throws
 * @source Entrocraft, arXiv:2604.26326
 * @example
 * batches$.pipe(monitorEntropy(policy, control), rejectionFilter(control.state$, sign()))
 */
export const rejectionFilter =
  <M extends Memory>(
    state$: Observable<EntropyState>,
    filter: Filter<M>,
    initial: M | undefined = filter.initial,
  ): OperatorFunction<MeasuredBatch, FilteredBatch> =>
  (batches$) =>
    defer(() => {
      let memory = initial
      return batches$.pipe(
        joinEntropyState(state$),
        map(([batch, state]) => {
          const filtered = filter.admit(state, batch, memory)
          // The filter returns the memory that it declares.
          memory = filtered.memory as M | undefined
          return filtered
        }),
      )
    })
