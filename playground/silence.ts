import { distinctUntilChanged, map, type Observable, of, startWith, switchMap, timer } from 'rxjs'

/**
 * Emits true when a source has emitted nothing for a time, and false when it emits again. The time does not run while `isAwaited$`
 * says false.
 *
 *     source      a--a--------------a
 *     silence     f-------t---------f        no emission for five frames
 */
export const silence = (
  source$: Observable<unknown>,
  isAwaited$: Observable<boolean>,
  ms: number,
): Observable<boolean> =>
  isAwaited$.pipe(
    distinctUntilChanged(),
    switchMap((isAwaited) =>
      !isAwaited
        ? of(false)
        : source$.pipe(
            startWith(undefined),
            switchMap(() =>
              timer(ms).pipe(
                map(() => true),
                startWith(false),
              ),
            ),
          ),
    ),
    distinctUntilChanged(),
  )
