import { defer, type MonoTypeOperatorFunction, retry, throwError, timer } from 'rxjs'
import { isFinal, ServerError } from './server-error.js'

/** Limits of retries. */
export interface RetryOptions {
  /** Maximum number of times that one request is sent again; 0 turns retries off [8]. */
  readonly retries?: number
  /** Wait before the first retry. Each further wait is twice as long [0.5]. @units seconds */
  readonly firstWait?: number
  /** Maximum wait that the server has not asked for [30]. @units seconds */
  readonly longestWait?: number
  /** Maximum wait that the server asks for (`Retry-After`). If it asks for a longer one, the request fails [600]. @units seconds */
  readonly longestRetryAfter?: number
  /**
   * Maximum time for which a request waits for a server that gets no requests (problem `suspended`) [180]. Such a wait is no retry. A
   * request that has no retries left does not wait. @units seconds
   */
  readonly patience?: number
  /** Number of retries of all requests together. A tenth of a retry comes back with each answer [500]. */
  readonly budget?: number
}

/** Retries that all requests to one server share. */
export interface RetryBudget {
  /** Takes one retry. Returns false if none is left. */
  readonly take: () => boolean
  /** Gives a tenth of a retry back, for a request that was answered. */
  readonly giveBack: () => void
}

/** Retries that come back with an answer. */
const SHARE = 0.1

/**
 * Creates the retries that all requests to one server share. When many requests fail, they are used up, and requests fail at once,
 * so that retries do not multiply the load of a server that is already overloaded.
 *
 * @source gRPC proposal A6, section on throttling of retries
 */
export const createRetryBudget = (size: number): RetryBudget => {
  let left = size
  return {
    take: () => {
      if (left < 1) return false
      left--
      return true
    },
    giveBack: () => {
      left = Math.min(size, left + SHARE)
    },
  }
}

/** Rules by which one request is sent again. */
export interface Retries {
  readonly options: Required<Omit<RetryOptions, 'budget'>>
  readonly budget: RetryBudget
  /** True if the request may be processed twice. */
  readonly isRepeatable: boolean
  /** False if the request fails at once when there is no connection, no answer in time, a suspension, or a long `Retry-After`. */
  readonly isPatient: boolean
  /** Random number in [0, 1) of a retry, by its number from 0 on. */
  readonly jitter: (attempt: number) => number
}

/**
 * Sends a request again after a temporary problem.
 *
 *     attempts    #           #                    a
 *     waits       [0.5, 1) w  [0.5, 1) 2 w              w: firstWait, at most longestWait
 *
 * Half of a wait is random, so that requests that failed together are not sent again together. A time that the server asks for is
 * waited, and the random part is added to it.
 *
 * While a server gets no requests, a request waits for it without the use of retries, until its patience has ended.
 *
 * A request that must not be processed twice is sent again only if the server did not process it.
 *
 * @errors the last error, when retries are used up or the problem is not temporary
 * @source M. Brooker, Exponential Backoff And Jitter (AWS Architecture Blog, 2015), "equal jitter"
 */
export const retryWithBackOff = <A>({
  options,
  budget,
  isRepeatable,
  isPatient,
  jitter,
}: Retries): MonoTypeOperatorFunction<A> => {
  const { retries, firstWait, longestWait, longestRetryAfter, patience } = options
  return (request$) =>
    defer(() => {
      let failures = 0
      let suspended = 0
      const canWait = ({ problem, wait }: ServerError, seconds: number): boolean => {
        if (failures >= retries) return false
        // Nothing was sent, so no retry was made.
        if (problem === 'suspended') return (suspended += seconds) <= patience
        failures++
        return (wait ?? 0) <= (isPatient ? longestRetryAfter : longestWait) && budget.take()
      }
      return request$.pipe(
        retry({
          delay: (error: unknown, count) => {
            if (!(error instanceof ServerError && canRepeat(error, isRepeatable, isPatient)))
              return throwError(() => error)
            const backOff = Math.min(longestWait, firstWait * 2 ** failures)
            const seconds = (error.wait ?? backOff / 2) + (backOff / 2) * jitter(count - 1)
            return canWait(error, seconds) ? timer(1000 * seconds) : throwError(() => error)
          },
        }),
      )
    })
}

const canRepeat = (error: ServerError, isRepeatable: boolean, isPatient: boolean): boolean => {
  const { problem, isUnsent } = error
  const isSilent = problem === 'timed-out' || problem === 'suspended' || (problem === 'unreachable' && isUnsent)
  return !isFinal(error) && (isPatient || !isSilent) && (isRepeatable || isUnsent)
}
