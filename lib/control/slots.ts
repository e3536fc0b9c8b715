import { Observable } from 'rxjs'

/** Operator that waits for a free slot before it subscribes. */
export type Slots = <A>(source$: Observable<A>) => Observable<A>

/**
 * Limits how many streams run at the same time. The others wait, and start in the order of their subscription.
 *
 *     count 1     first     --a|
 *                 second    ---  --b|      starts when the first has ended
 */
export const slots = (count: number): Slots => {
  const waiting = new Set<() => void>()
  let free = count
  let isStarting = false
  // A loop, because streams that end at once would start each other ever deeper on the call stack.
  const startWaiting = () => {
    if (isStarting) return
    isStarting = true
    try {
      for (const start of waiting) {
        if (free === 0) break
        waiting.delete(start)
        start()
      }
    } finally {
      isStarting = false
    }
  }
  return (source$) =>
    new Observable((subscriber) => {
      const start = () => {
        free--
        subscriber.add(source$.subscribe(subscriber))
        // Added last, so that the source has freed what it holds before the next stream starts.
        subscriber.add(() => {
          free++
          startWaiting()
        })
      }
      waiting.add(start)
      subscriber.add(() => waiting.delete(start))
      startWaiting()
    })
}
