import { filter as matching, finalize, type Observable, ReplaySubject, take, throwIfEmpty } from 'rxjs'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { MeasuredBatch } from '../lib/rollout/batch.js'

/** States that are kept for batches still to come; a monitor in the same pipeline is never more than one ahead. */
const remembered = 64

/** The entropy states of a run, to be joined with its batches. */
export interface EntropyStates {
  /** That of a batch, whether it came already or is still to come. @errors PipelineError BrokenInvariant */
  readonly of: (batch: MeasuredBatch) => Observable<EntropyState>
  /** Lets the states go when the stream that joins them ends. */
  readonly whileSubscribed: <A>(source$: Observable<A>) => Observable<A>
}

/** Subscribes to the states at once: those of batches still to come are kept. */
export const entropyStates = (state$: Observable<EntropyState>): EntropyStates => {
  const states$ = new ReplaySubject<EntropyState>(remembered)
  const feeding = state$.subscribe(states$)
  return {
    of: ({ step: batch }) =>
      states$.pipe(
        matching((state) => state.step === batch),
        take(1),
        throwIfEmpty(
          () => new PipelineError('BrokenInvariant', `the entropy states ended without that of batch ${batch}`),
        ),
      ),
    whileSubscribed: (source$) => source$.pipe(finalize(() => feeding.unsubscribe())),
  }
}
