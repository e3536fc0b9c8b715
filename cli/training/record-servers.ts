import {
  asyncScheduler,
  catchError,
  concatMap,
  connect,
  EMPTY,
  endWith,
  from,
  ignoreElements,
  lastValueFrom,
  merge,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  type SchedulerLike,
  Subject,
  takeUntil,
  tap,
  throttle,
  timer,
} from 'rxjs'
import type { RunServer } from '../../lib/control/run-state.js'
import { orThrow } from '../../lib/or-throw.js'
import { writeRunServers } from '../../lib/run/run-servers.js'

/** Record of the servers of a run, which lasts until its end. */
export interface ServerRecord {
  /** Latest state of the servers; undefined for a run on one machine. */
  readonly latest: () => readonly RunServer[] | undefined
  /** Writes the last state. */
  readonly end: () => Promise<void>
}

/** Records the state of the servers of a run in its folder, from where the dashboard and `entrain watch` read it. */
export const recordServers = (servers$: Observable<readonly RunServer[]> = EMPTY, folder: string): ServerRecord => {
  const end$ = new Subject<void>()
  let latest: readonly RunServer[] | undefined
  const states$ = servers$.pipe(
    tap((servers) => (latest = servers)),
    takeUntil(end$),
  )
  // A state that cannot be written, such as to a full disk, is replaced by the next one.
  const write = (servers: readonly RunServer[]) =>
    from(orThrow(writeRunServers(folder, servers))).pipe(catchError(() => EMPTY))
  const written = lastValueFrom(states$.pipe(recordStates(write)), { defaultValue: undefined })
  return {
    latest: () => latest,
    end: () => {
      end$.next()
      return written
    },
  }
}

/** Shortest time between two writes of the state of the servers. @units ms */
const WRITE_EVERY = 1000

/**
 * Writes the latest state of the servers of a run, at most once a second, and the last state at once when the run is over.
 *
 *     states    a-bc------d-e-|       a second is five columns
 *     writes    a----c----d---e|
 *
 * @errors those of `write`
 */
export const recordStates = <State>(
  write: (state: State) => ObservableInput<unknown>,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<State, never> =>
  connect((states$) =>
    states$.pipe(
      throttle(() => merge(timer(WRITE_EVERY, scheduler), atEnd(states$)), { leading: true, trailing: true }),
      concatMap(write),
      ignoreElements(),
    ),
  )

/** Emits when the states end. */
const atEnd = (states$: Observable<unknown>): Observable<unknown> => states$.pipe(ignoreElements(), endWith(null))
