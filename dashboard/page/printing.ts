import { distinctUntilChanged, fromEvent, map, merge, type Observable } from 'rxjs'

/**
 * Emits whether the page is being printed, at each change. A print dialog fires `beforeprint`; a tool that only switches the
 * media type changes the media query.
 */
export const printing = (): Observable<boolean> =>
  merge(
    fromEvent(window, 'beforeprint').pipe(map(() => true)),
    fromEvent(window, 'afterprint').pipe(map(() => false)),
    fromEvent<MediaQueryListEvent>(matchMedia('print'), 'change').pipe(map(({ matches }) => matches)),
  ).pipe(distinctUntilChanged())
