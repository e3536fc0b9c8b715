import { Observable } from 'rxjs'

/**
 * Observable of the values that an async generator yields; unsubscribing aborts the generator's signal.
 *
 *     generator      yields 1, 2, 3, then returns
 *     output         1-2-3-|
 *     unsubscribed   1-2!            the signal is aborted; the generator stops at its next check
 *
 * The generator checks `signal.aborted` between engine runs, because an engine run cannot be interrupted. It frees its
 * resources before it returns.
 *
 * @errors the error that the generator throws; errors after unsubscribing are dropped
 */
export const fromAsyncGenerator = <A>(generator: (signal: AbortSignal) => AsyncIterable<A>): Observable<A> =>
  new Observable((subscriber) => {
    const controller = new AbortController()
    const run = async () => {
      for await (const value of generator(controller.signal)) subscriber.next(value)
    }
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    )
    return () => controller.abort()
  })
