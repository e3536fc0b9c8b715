import {
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  Subject,
  type Subscription,
  switchMap,
  throttleTime,
  asyncScheduler,
} from 'rxjs'
import type { StepRollouts } from '../../lib/run/step-rollouts.js'
import type { Feed } from '../feed.js'
import { topEntropyOf } from '../view/token-heat.js'
import { countSteps, type RunView } from '../view/view.js'
import { createElement, setText } from './element.js'
import { createEntropyScale } from './entropy-scale.js'
import type { Page } from './page.js'
import { createTableHead, createRolloutRow } from './rollout-row.js'
import { createStepChooser } from './step-chooser.js'

/** The latest rollouts are asked for at most this often. */
const ASK_EVERY_MS = 5000

/** Some rollouts of a step, the latest or one that a person chose. */
export const createRolloutTable = (page: Page, feed: Feed) => {
  const chooser = createStepChooser(page)
  const words = createElement('p', { class: 'note', role: 'status' }, 'None yet.')
  const body = createElement('tbody', { role: 'rowgroup' })
  const scale = createEntropyScale()
  const heading = createElement('h2', { id: page.identifier('rollouts') }, 'Rollouts')
  const table = createElement(
    'table',
    { role: 'table', 'aria-labelledby': heading.id, hidden: '' },
    createTableHead(),
    body,
  )
  const section = createElement(
    'section',
    { class: 'card rollouts', 'aria-labelledby': heading.id },
    createElement('header', {}, heading, chooser.element, scale.element),
    words,
    table,
  )
  const run$ = new Subject<RunView & { readonly place: number }>()
  let run: RunView | undefined

  const put = (...rows: HTMLElement[]) => {
    body.replaceChildren(...rows)
    table.hidden = rows.length === 0
  }
  const fill = (asked: number, found: StepRollouts | null) => {
    if (found === null) {
      setText(
        words,
        `No rollouts were kept of step ${asked}.${body.childElementCount > 0 && chooser.follows() ? ' These are older.' : ''}`,
      )
      if (!chooser.follows()) put()
      return
    }
    const top = topEntropyOf(found.rollouts)
    scale.show(top)
    setText(words, `Step ${found.step}: ${found.rollouts.length} of its rollouts.`)
    const line = run?.logs.metrics.lines.items.find(({ step }) => step === found.step)
    put(...found.rollouts.map((rollout) => createRolloutRow(rollout, top, line?.drift)))
  }
  const asked$ = combineLatest([run$, chooser.step$]).pipe(
    map(([run, step]) => ({ place: run.place, name: run.info.name, step: step ?? countSteps(run) - 1 })),
    filter(({ step }) => step >= 0),
    distinctUntilChanged((a, b) => a.place === b.place && a.name === b.name && a.step === b.step),
    throttleTime(ASK_EVERY_MS, asyncScheduler, { leading: true, trailing: true }),
  )
  const subscription: Subscription = asked$
    .pipe(
      switchMap(async ({ place, step }) => {
        try {
          const found = await feed.rollouts(place, step)
          return () => fill(step, found)
        } catch (error) {
          return () =>
            setText(words, `Step ${step} could not be read: ${error instanceof Error ? error.message : String(error)}`)
        }
      }),
    )
    .subscribe((show) => show())
  return {
    element: section,
    show: (now: RunView, place: number) => {
      run = now
      chooser.limit(Math.max(0, countSteps(now) - 1))
      run$.next({ ...now, place })
    },
    close: () => subscription.unsubscribe(),
  }
}
