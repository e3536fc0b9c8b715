import { type MonoTypeOperatorFunction, retry, throwError, timer } from 'rxjs'
import { isFinal, ServerError } from './server-error.js'

/** Limits of retries. */
export interface RetryOptions {
  /** Maximum number of times that one request is sent again; 0 turns retries off [8]. */
  readonly retries?: number
  /** Wait before the first retry. Each further wait is twice as long [0.5]. @units seconds */
  readonly firstWait?: number
  /** Maximum wait. If the server asks for a longer one, the request fails [30]. @units seconds */
  readonly longestWait?: number
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
 * Creates the retries that all requests to one server share. In a long outage they are used up, and requests fail at once, so
 * that retries do not multiply the load of a server that is already overloaded.
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
  /** False if the request fails at once when there is no connection, or no answer in time. */
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
  const { retries, firstWait, longestWait } = options
  return retry({
    delay: (error: unknown, count) => {
      const attempt = count - 1
      if (!(error instanceof ServerError) || !canRepeat(error, isRepeatable, isPatient)) return throwError(() => error)
      if (attempt >= retries || (error.wait ?? 0) > longestWait || !budget.take()) return throwError(() => error)
      const backOff = Math.min(longestWait, firstWait * 2 ** attempt)
      const seconds = (error.wait ?? backOff / 2) + (backOff / 2) * jitter(attempt)
      return timer(1000 * seconds)
    },
  })
}

const canRepeat = (error: ServerError, isRepeatable: boolean, isPatient: boolean): boolean => {
  const { problem, isUnsent } = error
  const isSilent = problem === 'timed-out' || (problem === 'unreachable' && isUnsent)
  return !isFinal(error) && (isPatient || !isSilent) && (isRepeatable || isUnsent)
}
