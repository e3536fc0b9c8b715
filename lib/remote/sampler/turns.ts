import { Observable } from 'rxjs'

/** Ways to run a request: beside others, or alone. */
export interface Turns {
  /** Runs a request beside others of its kind. */
  readonly beside: <A>(request$: Observable<A>) => Observable<A>
  /** Runs a request while no other runs. */
  readonly alone: <A>(request$: Observable<A>) => Observable<A>
}

interface Waiting {
  readonly isAlone: boolean
  readonly start: () => void
}

/**
 * Lets requests run in the order of their subscription, so that those that run alone do not wait for ever.
 *
 *     beside   --a--|              c is subscribed before a ends
 *     beside    ---b-|
 *     alone            c-|
 *     beside             d|        waits for c, because c was first
 */
export const createTurns = (): Turns => {
  const waiting: Waiting[] = []
  let [running, isAlone, isStarting] = [0, false, false]
  const startWaiting = () => {
    if (isStarting) return
    isStarting = true
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (isAlone || (next.isAlone && running > 0)) break
      waiting.shift()
      next.start()
    }
    isStarting = false
  }
  const turn =
    (runsAlone: boolean) =>
    <A>(request$: Observable<A>): Observable<A> =>
      new Observable((subscriber) => {
        const entry: Waiting = {
          isAlone: runsAlone,
          start: () => {
            running++
            isAlone = runsAlone
            subscriber.add(request$.subscribe(subscriber))
            // Added last, so that the request has ended before the next one starts.
            subscriber.add(() => {
              running--
              if (runsAlone) isAlone = false
              startWaiting()
            })
          },
        }
        waiting.push(entry)
        subscriber.add(() => {
          const place = waiting.indexOf(entry)
          if (place < 0) return
          waiting.splice(place, 1)
          startWaiting()
        })
        startWaiting()
      })
  return { beside: turn(false), alone: turn(true) }
}
