import { defer, finalize, type MonoTypeOperatorFunction, tap, throwError } from 'rxjs'
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
  /** Applies the breaker to one request. `place` is that of the error. */
  readonly guard: <A>(place: string) => MonoTypeOperatorFunction<A>
}

/** Problems that may mean that the server is down. Every other answer shows that it is up. */
const DOWN: readonly ServerProblem[] = ['unreachable', 'timed-out', 'failed', 'unreadable']

/**
 * Creates a circuit breaker. After `failures` failures in a row, requests fail at once with the problem `suspended` for `suspension`
 * seconds. Then one request is sent. If it is answered, all requests are sent again; otherwise the next suspension begins.
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
  return {
    guard:
      <A>(place: string): MonoTypeOperatorFunction<A> =>
      (request$) =>
        defer(() => {
          const left = end === null ? 0 : end - clock()
          if (left > 0 || (end !== null && isTrying))
            return throwError(() =>
              suspended(place, `${inARow} failures in a row, the last of them: ${last}`, Math.max(0, left)),
            )
          const isTrial = end !== null
          isTrying ||= isTrial
          return request$.pipe(
            tap({ next: succeed, error: fail }),
            finalize(() => {
              if (isTrial) isTrying = false
            }),
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
