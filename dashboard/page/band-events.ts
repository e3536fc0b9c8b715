import {
  catchError,
  debounceTime,
  defer,
  distinctUntilChanged,
  EMPTY,
  map,
  merge,
  type Observable,
  of,
  switchMap,
} from 'rxjs'
import type uPlot from 'uplot'
import type { BandEdit } from '../view/band-edit.js'
import { messageOf } from '../view/error-message.js'
import type { BandEditEvent } from '../view/reduce-band-edit.js'
import { followBandDrag } from './band-drag.js'
import type { BandHandles } from './band-handles.js'
import type { SendCommand } from './page.js'

/** An edit by keys is sent when no key was pressed for this long. */
const KEYS_REST_MS = 300

/** Events of the handles: drags, keys, and the end of typing. `plot` turns pixels into nats. */
export const handleEvents = (
  { presses$, keys$ }: Pick<BandHandles, 'presses$' | 'keys$'>,
  plot: () => uPlot,
): Observable<BandEditEvent> =>
  merge(
    presses$.pipe(switchMap((press) => followBandDrag(press, plot()))),
    keys$.pipe(map((key): BandEditEvent => ({ event: 'key', ...key }))),
    keys$.pipe(
      debounceTime(KEYS_REST_MS),
      map((): BandEditEvent => ({ event: 'keys rest' })),
    ),
  )

/** Sends each new request, and emits the answer. A newer request or another run cancels the wait for an older answer. */
export const answerEvents = (state$: Observable<BandEdit>, send: SendCommand): Observable<BandEditEvent> =>
  state$.pipe(
    map(({ request }) => request?.command),
    distinctUntilChanged(),
    switchMap((command) => (command === undefined ? EMPTY : answerOf(defer(() => send(command))))),
  )

const answerOf = (sent$: Observable<void>): Observable<BandEditEvent> =>
  sent$.pipe(
    map((): BandEditEvent => ({ event: 'accepted' })),
    catchError((error: unknown) => of<BandEditEvent>({ event: 'refused', reason: messageOf(error) })),
  )
