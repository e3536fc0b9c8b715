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
  Subject,
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

/** Shortest time between two requests for rollouts. */
const REQUEST_EVERY_MS = 5000

/** Run on the page, and its index among the runs of the feed. */
interface Target {
  readonly run: RunView
  readonly index: number
}

/** Kept rollouts of a step: the latest, or one that the user chose. */
export const createRolloutTable = (page: Page, feed: Pick<Feed, 'rollouts'>) => {
  const chooser = createStepChooser(page)
  const panel = createRolloutPanel(page, chooser.element)
  const target$ = new Subject<Target>()
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
  const subscription = requests(target$, chooser.step$)
    .pipe(switchMap(draw))
    .subscribe((drawing) => drawing())
  return {
    element: panel.element,
    show: (now: RunView, index: number) => {
      run = now
      chooser.limit(Math.max(0, countSteps(now) - 1))
      target$.next({ run: now, index })
    },
    close: () => subscription.unsubscribe(),
  }
}

interface RolloutRequest {
  readonly index: number
  readonly name: string
  readonly step: number
}

/** A request for each other run or step, at most one in {@link REQUEST_EVERY_MS}. */
const requests = (target$: Observable<Target>, step$: Observable<number | null>): Observable<RolloutRequest> =>
  combineLatest([target$, step$]).pipe(
    map(([{ run, index }, step]) => ({ index, name: run.info.name, step: step ?? countSteps(run) - 1 })),
    filter(({ step }) => step >= 0),
    distinctUntilChanged((a, b) => a.index === b.index && a.name === b.name && a.step === b.step),
    throttleTime(REQUEST_EVERY_MS, asyncScheduler, { leading: true, trailing: true }),
  )

const driftAt = (run: RunView | undefined, step: number): Drift | undefined =>
  run?.logs.metrics.lines.items.find((line) => line.step === step)?.drift
