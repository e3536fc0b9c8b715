import { Observable } from 'rxjs'

/**
 * Async work as an observable. The work looks at `signal` between engine runs, frees what it holds and returns: an engine
 * run cannot be cut, so unsubscribing takes effect at the next look.
 */
export const cancellable = <A>(work: (signal: AbortSignal) => AsyncIterable<A>): Observable<A> =>
  new Observable((subscriber) => {
    const controller = new AbortController()
    const pump = async () => {
      for await (const value of work(controller.signal)) subscriber.next(value)
    }
    pump().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    )
    return () => controller.abort()
  })
