import { Observable } from 'rxjs'

/**
 * Async work as an observable. The work asks `cancelled` between engine runs, frees what it holds and returns: an
 * engine run cannot be cut, so unsubscribing takes effect at the next question.
 */
export const cancellable = <A>(work: (cancelled: () => boolean) => AsyncIterable<A>): Observable<A> =>
  new Observable((subscriber) => {
    const pump = async () => {
      for await (const value of work(() => subscriber.closed)) subscriber.next(value)
    }
    pump().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    )
  })
