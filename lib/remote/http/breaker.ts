import {
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  type MonoTypeOperatorFunction,
  type Observable,
  tap,
  throwError,
} from 'rxjs'
import type { Clock } from '../../timing/clock.js'
import { ServerError, type ServerProblem } from './server-error.js'

/** Limits of a circuit breaker. */
export interface BreakerOptions {
  /** Number of failures in a row after which no request is sent for a while [5]. */
  readonly failures?: number
  /** Time for which no request is sent [10]. @units seconds */
  readonly suspension?: number
}

/** Circuit breaker: spares a server that fails the requests of everyone who waits for it. */
export interface Breaker {
  /**
   * Applies the breaker to one request. `place` is that of the error. `trial$` tries the server in place of the request, which may be
   * answered late; null lets the request itself try the server.
   */
  readonly guard: <A>(place: string, trial$: Observable<unknown> | null) => MonoTypeOperatorFunction<A>
}

/** Problems that may mean that the server is down. Every other answer shows that it is up. */
const DOWN: readonly ServerProblem[] = ['unreachable', 'timed-out', 'failed', 'unreadable']

/**
 * Creates a circuit breaker. After `failures` failures in a row, requests fail at once with the problem `suspended` for `suspension`
 * seconds. Then one request tries the server. If it is answered, all requests are sent again; otherwise the next suspension begins.
 *
 *     requests    # # # # # . . . . . # . . . . a a a      #: failure, a: answer, .: suspended
 *
 * @source M. Nygard, Release It!, chapter on stability patterns
 */
export const createBreaker = ({ failures = 5, suspension = 10 }: BreakerOptions, clock: Clock): Breaker => {
  let inARow = 0
  let end: number | null = null
  let isTrying = false
  let last = ''
  const succeed = () => {
    inARow = 0
    end = null
  }
  const fail = (error: unknown) => {
    if (!(error instanceof ServerError && DOWN.includes(error.problem))) {
      succeed()
      return
    }
    last = error.found
    if (++inARow >= failures) end = clock() + suspension
  }
  const watch = <A>(request$: Observable<A>): Observable<A> => request$.pipe(tap({ next: succeed, error: fail }))
  const asTrial = <A>(request$: Observable<A>): Observable<A> =>
    defer(() => {
      isTrying = true
      return watch(request$).pipe(finalize(() => (isTrying = false)))
    })
  const suspend = (place: string) =>
    throwError(() => {
      const left = end === null ? 0 : Math.max(0, end - clock())
      return suspended(place, `${inARow} failures in a row, the last of them: ${last}`, left)
    })
  return {
    guard: (place, trial$) => (request$) =>
      defer(() => {
        if (end === null) return watch(request$)
        if (end > clock() || isTrying) return suspend(place)
        if (trial$ === null) return asTrial(request$)
        // An error that shows that the server is up ends the suspension, too.
        const tried$ = asTrial(trial$).pipe(
          ignoreElements(),
          catchError(() => EMPTY),
        )
        return concat(
          tried$,
          defer(() => (end === null ? watch(request$) : suspend(place))),
        )
      }),
  }
}

const suspended = (place: string, found: string, left: number): ServerError =>
  new ServerError(
    'suspended',
    place,
    found,
    left > 0
      ? `a server that answers; it gets no request for ${Math.ceil(left)} s`
      : 'an answer to the request that tries the server',
    { isUnsent: true, ...(left > 0 ? { wait: left } : {}) },
  )
