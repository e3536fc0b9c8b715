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
import { type Choice, choose, firstChoice } from '../view/choice.js'
import { emptyView, type View, viewAfter } from '../view/view.js'
import { runCharts } from './run-charts.js'
import { element, identifiers, setText } from './element.js'
import { header } from './header.js'
import type { Page } from './page.js'
import { palette } from './palette.js'
import { rolloutTable } from './rollout-table.js'
import { spanChoice } from './span-choice.js'
import './style.css'
import { themeToggle } from './theme.js'
import { tileRow } from './tile-row.js'

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
  const page: Page = { palette: palette(root), identifier: identifiers() }
  const choice$ = new BehaviorSubject<Choice>(firstChoice)
  const change = (what: Partial<Choice>) => choice$.next(choose(choice$.value, what))
  const command: (command: Parameters<Feed['command']>[1]) => Promise<void> = (what) =>
    feed.command(choice$.value.selected, what)

  const theme = themeToggle()
  const top = header({ command, beside: theme.element })
  const spans = spanChoice(page, (span) => change({ span }))
  const now = tileRow()
  const charts = runCharts(page, command, change)
  const rollouts = rolloutTable(page, feed)
  const trouble = element('p', { class: 'trouble', role: 'alert', hidden: '' })
  const content = element(
    'main',
    { hidden: '' },
    now.element,
    element('div', { class: 'in-view' }, spans.element, charts.runs),
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
    scan(viewAfter, emptyView),
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
