import {
  BehaviorSubject,
  distinctUntilChanged,
  map,
  merge,
  type Observable,
  scan,
  skip,
  Subject,
  takeUntil,
} from 'rxjs'
import type uPlot from 'uplot'
import { type BandEdit, ceilingOf, noBandEdit, type PendingEdit, shownPoints } from '../view/band-edit.js'
import { type BandEditEvent, reduceBandEdit } from '../view/reduce-band-edit.js'
import type { RunView } from '../view/view.js'
import { answerEvents, handleEvents } from './band-events.js'
import { createBandHandles } from './band-handles.js'
import { outlineBand } from './band-outline.js'
import { createBandPanel } from './band-panel.js'
import type { SendCommand } from './page.js'

/** Handles with which the user moves the band of the steps to come. */
export interface BandEditor {
  /** Panel that stands under the chart. */
  readonly element: HTMLElement
  /** Shows a run, its index among the runs of the feed, and the number of times that the feed has begun. */
  readonly follow: (run: RunView, index: number, beginnings: number) => void
  /** Moves the handles to their places on the plot. */
  readonly place: (plot: uPlot) => void
  readonly pendingEdit: () => PendingEdit | null
  readonly isDragging: () => boolean
  /** Drops the edit that was not sent. */
  readonly close: () => void
}

export interface BandEditorPorts {
  readonly command: SendCommand
  /** Called when the pending edit changes, or a drag begins or ends. */
  readonly redraw: () => void
}

/** Binds {@link reduceBandEdit} to the page: draws its states, and sends its requests. */
export const createBandEditor = ({ command, redraw }: BandEditorPorts): BandEditor => {
  const state$ = new BehaviorSubject<BandEdit>(noBandEdit)
  const run$ = new Subject<BandEditEvent>()
  const closed$ = new Subject<void>()
  const view = createBandEditorView()
  state$.pipe(takeUntil(closed$)).subscribe(view.show)
  redraws(state$).pipe(takeUntil(closed$)).subscribe(redraw)
  merge(run$, view.events$, answerEvents(state$, command))
    .pipe(scan(reduceBandEdit, noBandEdit), takeUntil(closed$))
    .subscribe((state) => state$.next(state))
  return {
    element: view.element,
    follow: (run, index, beginnings) => run$.next({ event: 'run', run, index, beginnings }),
    place: (plot) => view.place(plot, state$.value),
    pendingEdit: () => state$.value.edit,
    isDragging: () => state$.value.drag !== null,
    close: () => closed$.next(),
  }
}

const redraws = (state$: Observable<BandEdit>): Observable<unknown> =>
  state$.pipe(
    distinctUntilChanged((a, b) => a.edit === b.edit && a.drag === b.drag),
    skip(1),
  )

const createBandEditorView = () => {
  const panel = createBandPanel()
  const handles = createBandHandles()
  let plot: uPlot | undefined
  const place = (now: uPlot, state: BandEdit) => {
    plot = now
    handles.place(now, outlineBand(now, state))
  }
  return {
    element: panel.element,
    // There is a handle to press only after the first plot.
    events$: merge(
      handleEvents(handles, () => plot!),
      panel.releases$.pipe(map(release)),
    ),
    place,
    show: (state: BandEdit) => {
      panel.show(state)
      handles.show(shownPoints(state), ceilingOf(shownPoints(state)))
      handles.element.classList.toggle('dragging', state.drag !== null)
      handles.element.classList.toggle('pending', state.request !== null)
      if (plot !== undefined) place(plot, state)
    },
  }
}

const release = (): BandEditEvent => ({ event: 'release' })
