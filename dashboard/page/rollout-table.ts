import {
  asyncScheduler,
  catchError,
  combineLatest,
  defer,
  distinctUntilChanged,
  filter,
  map,
  type Observable,
  of,
  ReplaySubject,
  switchMap,
  throttleTime,
} from 'rxjs'
import type { Drift } from '../../lib/rollout/band.js'
import type { StepRollouts } from '../../lib/run/step-rollouts.js'
import type { Feed } from '../feed.js'
import { countSteps, type RunView } from '../view/view.js'
import type { Page } from './page.js'
import { createRolloutPanel } from './rollout-panel.js'
import { createStepChooser } from './step-chooser.js'

/** Shortest time between two requests for the latest rollouts. */
const REQUEST_EVERY_MS = 5000

/** Run on the page, its index among the runs of the feed, and the number of times that the feed has begun. */
interface Target {
  readonly run: RunView
  readonly index: number
  readonly beginnings: number
}

/** Kept rollouts of a step: the latest, or one that the user chose. */
export const createRolloutTable = (page: Page, feed: Pick<Feed, 'rollouts'>) => {
  const chooser = createStepChooser(page)
  const panel = createRolloutPanel(page, chooser.element)
  const target$ = new ReplaySubject<Target>(1)
  let run: RunView | undefined
  const show = (step: number, found: StepRollouts | null) => {
    if (found === null) panel.showNone(step, chooser.isLatest())
    else panel.showRollouts(found, driftAt(run, found.step))
  }
  const draw = ({ index, step }: RolloutRequest): Observable<() => void> =>
    defer(() => feed.rollouts(index, step)).pipe(
      map((found) => () => show(step, found)),
      catchError((error: unknown) => of(() => panel.showError(step, error))),
    )
  const subscription = rolloutRequests(target$, chooser.step$)
    .pipe(switchMap(draw))
    .subscribe((drawing) => drawing())
  return {
    element: panel.element,
    show: (now: RunView, index: number, beginnings: number) => {
      run = now
      chooser.limit(countSteps(now))
      target$.next({ run: now, index, beginnings })
    },
    close: () => {
      subscription.unsubscribe()
      panel.close()
    },
  }
}

interface RolloutRequest {
  readonly index: number
  readonly step: number
}

/**
 * Requests for rollouts. A choice of the user and a new beginning of the feed make a request at once. While the page follows
 * the latest step, there is at most one request in {@link REQUEST_EVERY_MS}. `target$` repeats its last value to a new
 * subscriber.
 *
 *     choice    l------------c--       l: latest, c: step c
 *     latest    0-1-2-3-4-5-6-7-       finished steps
 *     requests  0----2----5--c--       five columns are {@link REQUEST_EVERY_MS}
 */
const rolloutRequests = (target$: Observable<Target>, step$: Observable<number | null>): Observable<RolloutRequest> =>
  combineLatest([target$.pipe(distinctUntilChanged(isSameTarget)), step$]).pipe(
    switchMap(([{ index }, chosen]) =>
      chosen === null ? latestSteps(target$).pipe(map((step) => ({ index, step }))) : of({ index, step: chosen }),
    ),
  )

const latestSteps = (target$: Observable<Target>): Observable<number> =>
  target$.pipe(
    map(({ run }) => countSteps(run) - 1),
    filter((step) => step >= 0),
    distinctUntilChanged(),
    throttleTime(REQUEST_EVERY_MS, asyncScheduler, { leading: true, trailing: true }),
  )

const isSameTarget = (a: Target, b: Target): boolean =>
  a.index === b.index && a.run.info.name === b.run.info.name && a.beginnings === b.beginnings

const driftAt = (run: RunView | undefined, step: number): Drift | undefined =>
  run?.logs.metrics.lines.items.find((line) => line.step === step)?.drift
