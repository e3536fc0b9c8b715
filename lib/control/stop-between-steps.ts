import {
  BehaviorSubject,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  from,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs'
import type { LearnerState } from '../checkpoint/training-state.js'
import type { Learner } from '../policy/learner.js'
import { mapLearner } from '../policy/map-learner.js'

/** Learner of a run, and the operator that ends the run between two of its steps. */
export interface StoppableSteps<State extends LearnerState> {
  /** Learner for the pipeline of the run. It begins no update after a request to stop. */
  readonly learner: Learner<State>
  /** Ends the steps of the run at a request to stop. */
  readonly untilStopped: <Step>(steps$: Observable<Step>) => Observable<Step>
}

/**
 * Ends a run at a request to stop, so that its last step is that of the newest weights. An update that can be given up is
 * unsubscribed at once. The run waits for the report of an update that the learner finishes in any case, and of one that is made.
 *
 *     stop$                 ----s----------
 *     update                --u-!              given up: the run ends before this step
 *     steps                 -a--|
 *     update                --u------r|        finishesUpdates: its service does not take the steps back
 *     steps                 -a-------(b|)      b: the step of this update
 *
 * The report passes all stages between the learner and the steps in the same turn of the event loop, or is waited for.
 */
export const stopBetweenSteps = <State extends LearnerState>(
  learner: Learner<State>,
  stop$: Observable<unknown>,
): StoppableSteps<State> => {
  /** True while the weights may be newer than the last step that was passed on. */
  const isReportDue$ = new BehaviorSubject(false)
  let isStopping = false
  const stopped$ = stop$.pipe(
    tap(() => {
      isStopping = true
    }),
    switchMap(() => isReportDue$),
    filter((isDue) => !isDue),
  )
  const update: Learner<State>['update'] = (batch, objective) =>
    defer(() => {
      if (isStopping) return NEVER
      if (learner.finishesUpdates === true) isReportDue$.next(true)
      return from(learner.update(batch, objective)).pipe(tap(() => isReportDue$.next(true)))
    })
  return {
    learner: mapLearner(learner, { update }),
    untilStopped: (steps$) =>
      steps$.pipe(
        afterEach(() => isReportDue$.next(false)),
        takeUntil(stopped$),
      ),
  }
}

/** Calls a function after each value was passed on. */
const afterEach = <A>(call: () => void): MonoTypeOperatorFunction<A> =>
  concatMap((value) =>
    concat(
      of(value),
      defer(() => {
        call()
        return EMPTY
      }),
    ),
  )
