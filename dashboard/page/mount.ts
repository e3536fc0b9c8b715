import {
  asyncScheduler,
  BehaviorSubject,
  combineLatest,
  filter,
  fromEvent,
  map,
  scan,
  startWith,
  Subscription,
  tap,
  throttleTime,
} from 'rxjs'
import type { Feed } from '../feed.js'
import { type Choice, changeChoice, firstChoice } from '../view/choice.js'
import { emptyView, type View, reduceView } from '../view/view.js'
import { createRunCharts } from './run-charts.js'
import { createElement, createIdentifiers, setText } from './element.js'
import { createHeader } from './header.js'
import type { Page } from './page.js'
import { createPalette } from './palette.js'
import { createRolloutTable } from './rollout-table.js'
import { createSpanChoice } from './span-choice.js'
import './style.css'
import { createThemeToggle } from './theme.js'
import { createTileRow } from './tile-row.js'

export interface MountOptions {
  /** Between two pictures. A second unless given: where the cores that train draw the tab, each picture is taken from them. */
  readonly pictureMs?: number
}

/**
 * Shows the runs of a feed in an element, and keeps showing them until it is unsubscribed; then the element is empty again.
 *
 *     feed      r-l-l-lll---l      r: runs, l: lines of logs
 *     pictures  p---p---p---p      at most one in `pictureMs`, none while nobody can see them
 */
export const mount = (root: HTMLElement, feed: Feed, { pictureMs = 1000 }: MountOptions = {}): Subscription => {
  root.classList.add('live')
  const page: Page = { palette: createPalette(root), identifier: createIdentifiers() }
  const choice$ = new BehaviorSubject<Choice>(firstChoice)
  const change = (what: Partial<Choice>) => choice$.next(changeChoice(choice$.value, what))
  const command: (command: Parameters<Feed['command']>[1]) => Promise<void> = (what) =>
    feed.command(choice$.value.selected, what)

  const theme = createThemeToggle()
  const top = createHeader({ command, beside: theme.element })
  const spans = createSpanChoice(page, (span) => change({ span }))
  const now = createTileRow()
  const charts = createRunCharts(page, command, change)
  const rollouts = createRolloutTable(page, feed)
  const trouble = createElement('p', { class: 'trouble', role: 'alert', hidden: '' })
  const content = createElement(
    'main',
    { hidden: '' },
    now.element,
    createElement('div', { class: 'in-view' }, spans.element, charts.runs),
    charts.element,
    rollouts.element,
  )
  root.append(top.element, trouble, content)
  top.show(undefined)

  const show = (view: View, choice: Choice) => {
    const run = view.runs[choice.selected]
    top.show(run)
    content.hidden = run === undefined
    if (run === undefined) return
    now.show(run)
    spans.show(choice.span)
    charts.show(view, choice)
    rollouts.show(run, choice.selected)
  }
  let latest = emptyView
  const view$ = feed.events$.pipe(
    scan(reduceView, emptyView),
    tap((view) => (latest = view)),
    throttleTime(pictureMs, asyncScheduler, { leading: true, trailing: true }),
  )
  const seen$ = fromEvent(document, 'visibilitychange').pipe(
    map(() => !document.hidden),
    startWith(!document.hidden),
  )
  const shown = new Subscription()
  const pictures = combineLatest([view$, choice$, seen$])
    .pipe(filter(([, , seen]) => seen))
    .subscribe({
      next: ([view, choice]) => {
        const gone = choice.selected > 0 && choice.selected >= view.runs.length
        if (gone) change({ selected: 0 })
        else show(view, choice)
      },
      error: (error: unknown) => {
        // The last picture may not have been due yet.
        show(latest, choice$.value)
        trouble.hidden = false
        setText(trouble, `Nothing more comes: ${error instanceof Error ? error.message : String(error)}`)
      },
    })
  shown.add(pictures)
  shown.add(
    theme.changes$.subscribe(() => {
      page.palette.forget()
      charts.recolour()
    }),
  )
  shown.add(() => {
    charts.close()
    rollouts.close()
    root.replaceChildren()
    root.classList.remove('live')
  })
  return shown
}
