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

/** How much is put up with. */
export interface Patience {
  /** Tries in a row that bring nothing new, after the first. */
  readonly tries: number
  /** Wait before the first of them; each waits twice as long as the one before, unless the hub says how long. */
  readonly firstWait: number
  /** Longest wait that a hub may ask for. */
  readonly longestWait: number
  /** Longest silence on a connection. */
  readonly silence: number
}

/** The public hub counts requests over five minutes. @units seconds */
export const patient: Patience = { tries: 5, firstWait: 0.5, longestWait: 330, silence: 60 }

/** It did not work, and is tried again in a while. */
export interface Waiting {
  readonly event: 'waiting'
  readonly seconds: number
  readonly error: HubError
}

export interface Persistence<A> {
  /** What is worth another try. */
  readonly on: readonly HubProblem[]
  /** How far a value is: getting further than ever gives all tries back. */
  readonly reached?: (value: A) => number
  readonly patience: Patience
}

/**
 * Subscribes again, after a wait, to what fails for a reason that may pass.
 *
 *     source    --1--2--#            a second subscription:  --3--|
 *     output    --1--2--w-----3--|   w: waiting
 *
 * @errors the last one, when tries run out or it is of another kind
 */
export const persistent =
  <A>({ on, reached = () => 0, patience }: Persistence<A>): OperatorFunction<A, A | Waiting> =>
  (source$) =>
    defer(() => {
      const waiting$ = new Subject<Waiting>()
      let [tries, furthest] = [0, 0]
      const again = (error: unknown): Observable<unknown> => {
        if (!(error instanceof HubError) || !on.includes(error.problem)) return throwError(() => error)
        const seconds = error.wait ?? patience.firstWait * 2 ** tries
        if (tries++ >= patience.tries || seconds > patience.longestWait) return throwError(() => error)
        waiting$.next({ event: 'waiting', seconds, error })
        return timer(seconds * 1000)
      }
      const trying$ = source$.pipe(
        tap((value) => {
          if (reached(value) <= furthest) return
          furthest = reached(value)
          tries = 0
        }),
        retry({ delay: again }),
        finalize(() => waiting$.complete()),
      )
      return merge(waiting$, trying$)
    })

/** Ends a silence that is too long. @errors HubError */
export const talkative = <A>(where: string, { silence }: Patience): MonoTypeOperatorFunction<A> =>
  timeout({
    each: silence * 1000,
    with: () =>
      throwError(() => new HubError('unreachable', where, `nothing for ${silence} s`, 'an answer; run it again later')),
  })
