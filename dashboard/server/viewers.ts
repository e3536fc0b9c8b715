import { BehaviorSubject, delay, type Observable, of, takeUntil } from 'rxjs'

/** Number of pages that watch a dashboard. */
export interface Viewers {
  /** Emits the present number, then each change. A page that has left counts for {@link RELOAD_MS}, because it may reload. */
  readonly count$: Observable<number>
  /** Counts another page; returns the function that a page calls once when it leaves. */
  readonly enter: () => () => void
}

/** Time in which a page that reloads connects again. @units ms */
export const RELOAD_MS = 5000

/** Counts no page at first, and no longer after `closing$` has emitted. */
export const createViewers = (closing$: Observable<void>): Viewers => {
  const count$ = new BehaviorSubject(0)
  const leave = () => count$.next(count$.value - 1)
  return {
    count$,
    enter: () => {
      count$.next(count$.value + 1)
      return () => void of(undefined).pipe(delay(RELOAD_MS), takeUntil(closing$)).subscribe(leave)
    },
  }
}
