import { BehaviorSubject, distinctUntilChanged, map, type Observable } from 'rxjs'
import type { Completion } from '../rollout/completion.js'

/** Number of checks of each completion that wait for a free thread. */
const waitingChecks = new WeakMap<Completion, BehaviorSubject<number>>()

const waitingChecksOf = (completion: Completion): BehaviorSubject<number> => {
  const waiting = waitingChecks.get(completion) ?? new BehaviorSubject(0)
  waitingChecks.set(completion, waiting)
  return waiting
}

/**
 * Records that a check of a completion waits for a free thread, until the returned function is called. The completion
 * identifies the check, so that the record passes through every verifier that wraps the one with the queue.
 */
export const enterQueue = (completion: Completion): (() => void) => {
  const waiting = waitingChecksOf(completion)
  let hasLeft = false
  waiting.next(waiting.value + 1)
  return () => {
    if (hasLeft) return
    hasLeft = true
    waiting.next(waiting.value - 1)
  }
}

/** Emits whether a check of the completion waits for a free thread: at subscription, and at each change. */
export const isQueued = (completion: Completion): Observable<boolean> =>
  waitingChecksOf(completion).pipe(
    map((checks) => checks > 0),
    distinctUntilChanged(),
  )
