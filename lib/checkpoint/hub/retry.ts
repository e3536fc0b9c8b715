import {
  defer,
  finalize,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  retry,
  Subject,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs'
import { HubError, type HubProblem } from './hub-error.js'

/** Limits of retries and waits. @units seconds, except `tries` */
export interface Patience {
  /** Maximum number of consecutive retries without progress. */
  readonly tries: number
  /** Wait before the first retry. Each further wait is twice as long, unless the hub sends a time. */
  readonly firstWait: number
  /** Maximum wait that a hub may request. A longer one ends the download with an error. */
  readonly longestWait: number
  /** Maximum time without data on a connection. */
  readonly silence: number
}

/** Default limits. The longest wait exceeds the five minutes over which the public hub counts requests. */
export const defaultPatience: Patience = { tries: 5, firstWait: 0.5, longestWait: 330, silence: 60 }

/** Event: a request failed and will be repeated after a wait. */
export interface Waiting {
  readonly event: 'waiting'
  readonly seconds: number
  readonly error: HubError
}

/** Options of {@link retryWithWaits}. */
export interface RetryOptions<A> {
  /** Problems that are retried. Others end the stream with an error. */
  readonly on: readonly HubProblem[]
  /** Measure of progress in a value. A new maximum resets the number of retries. */
  readonly progressOf?: (value: A) => number
  readonly patience: Patience
}

/**
 * Subscribes to the source again after a wait if it fails with a temporary problem.
 *
 *     source    --1--2--#            a second subscription:  --3--|
 *     output    --1--2--w-----3--|   w: waiting
 *
 * @errors the last error of the source, when the retries are used up or the problem is not temporary
 */
export const retryWithWaits =
  <A>({ on, progressOf = () => 0, patience }: RetryOptions<A>): OperatorFunction<A, A | Waiting> =>
  (source$) =>
    defer(() => {
      const waiting$ = new Subject<Waiting>()
      let [tries, furthest] = [0, 0]
      const waitFor = (error: unknown): Observable<unknown> => {
        if (!(error instanceof HubError) || !on.includes(error.problem)) return throwError(() => error)
        const seconds = error.wait ?? patience.firstWait * 2 ** tries
        if (tries++ >= patience.tries || seconds > patience.longestWait) return throwError(() => error)
        waiting$.next({ event: 'waiting', seconds, error })
        return timer(seconds * 1000)
      }
      const attempts$ = source$.pipe(
        tap((value) => {
          if (progressOf(value) <= furthest) return
          furthest = progressOf(value)
          tries = 0
        }),
        retry({ delay: waitFor }),
        finalize(() => waiting$.complete()),
      )
      return merge(waiting$, attempts$)
    })

/** Fails when the source is silent for too long. @errors HubError */
export const failOnSilence = <A>(where: string, { silence }: Patience): MonoTypeOperatorFunction<A> =>
  timeout({
    each: silence * 1000,
    with: () =>
      throwError(
        () => new HubError('unreachable', where, `no data for ${silence} s`, 'a response; run it again later'),
      ),
  })
