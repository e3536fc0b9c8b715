import {
  concatMap,
  defer,
  map,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  skipWhile,
  take,
  tap,
  throwIfEmpty,
  using,
} from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { MeasuredBatch } from '../lib/rollout/batch.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'

/** Maximum number of states that are kept for later batches; the monitor of the same pipeline is at most one ahead. */
const maxKept = 64

/**
 * Pairs every batch with the entropy state of its step, which may come before the batch or after it.
 *
 *     batches    -a-----b------c---|
 *     state$     A--------B---C-----       joined on the step; states come in the order of their steps
 *     output     -x-------y----z---|       x: [a, A], y: [b, B], z: [c, C]
 *
 * At most 64 states are kept for batches that have not come yet; older ones are dropped.
 *
 * @errors PipelineError BrokenInvariant naming the step, when the state of a later step comes first or the states end;
 *         every error of `state$`
 * @example
 * batches$.pipe(
 *   monitorEntropy(policy, control),
 *   joinEntropyState(control.state$),
 *   tap(([batch, { drift }]) => console.log(batch.step, drift)),
 * )
 */
export const joinEntropyState =
  (state$: Observable<EntropyState>): OperatorFunction<MeasuredBatch, readonly [MeasuredBatch, EntropyState]> =>
  (batches$) =>
    defer(() => {
      const kept$ = new ReplaySubject<EntropyState>(maxKept)
      return using(
        () => state$.subscribe(kept$),
        () =>
          batches$.pipe(concatMap((batch) => stateOf(batch.step, kept$).pipe(map((state) => [batch, state] as const)))),
      )
    })

const stateOf = (step: number, state$: Observable<EntropyState>): Observable<EntropyState> =>
  state$.pipe(
    skipWhile((state) => state.step < step),
    take(1),
    throwIfEmpty(() => missingState(step, 'the end of the states')),
    tap((state) => {
      if (state.step !== step) throw missingState(step, `the state of step ${state.step}`)
    }),
  )

const missingState = (step: number, found: string): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `entropy state of step ${step}: found ${found}, expected one state for each step, in order; use the \`state$\` of the control that monitors these batches`,
  )
