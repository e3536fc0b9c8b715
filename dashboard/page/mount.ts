import {
  asyncScheduler,
  BehaviorSubject,
  combineLatest,
  filter,
  fromEvent,
  map,
  type Observable,
  scan,
  startWith,
  Subscription,
  tap,
  throttleTime,
} from 'rxjs'
import type { Feed } from '../feed.js'
import { changeChoice, type Choice, firstChoice } from '../view/choice.js'
import { messageOf } from '../view/error-message.js'
import { emptyView, reduceView } from '../view/view.js'
import { createIdentifiers } from './element.js'
import { createLayout } from './layout.js'
import type { Page } from './page.js'
import { createPalette } from './palette.js'
import { printing } from './printing.js'
import './style.css'

export interface MountOptions {
  /**
   * Shortest time between two pictures; a second by default. A run on the same machine loses the processor time of each
   * picture.
   */
  readonly pictureMs?: number
}

/**
 * Shows the runs of a feed in an element until it is unsubscribed, which empties the element. Inside a `main` element the
 * headings are one level lower, because the page has its own.
 *
 *     feed      r-l-l-lll---l      r: runs, l: lines of logs
 *     pictures  p---p---p---p      at most one in `pictureMs`, none while the tab is hidden
 */
export const mount = (root: HTMLElement, feed: Feed, { pictureMs = 1000 }: MountOptions = {}): Subscription => {
  root.classList.add('live')
  const page: Page = {
    palette: createPalette(root),
    identifier: createIdentifiers(),
    headings: root.closest('main') === null ? { run: 'h1', part: 'h2' } : { run: 'h2', part: 'h3' },
  }
  const choice$ = new BehaviorSubject<Choice>(firstChoice)
  const layout = createLayout(page, feed, {
    command: (command) => feed.command(choice$.value.selected, command),
    change: (change) => choice$.next(changeChoice(choice$.value, change)),
  })
  root.append(...layout.elements)
  const shown = new Subscription()
  shown.add(drawPictures(feed, choice$, layout, pictureMs))
  shown.add(
    layout.themes$.subscribe(() => {
      page.palette.forget()
      layout.recolour()
    }),
  )
  shown.add(
    printing().subscribe((isPrinting) => {
      document.documentElement.toggleAttribute('data-printing', isPrinting)
      page.palette.forget()
      layout.drawForPrint()
    }),
  )
  shown.add(() => {
    layout.close()
    root.replaceChildren()
    root.classList.remove('live')
  })
  return shown
}

const drawPictures = (
  feed: Feed,
  choice$: BehaviorSubject<Choice>,
  layout: Pick<ReturnType<typeof createLayout>, 'show' | 'showTrouble'>,
  pictureMs: number,
): Subscription => {
  let latest = emptyView
  const view$ = feed.events$.pipe(
    scan(reduceView, emptyView),
    tap((view) => (latest = view)),
    throttleTime(pictureMs, asyncScheduler, { leading: true, trailing: true }),
  )
  const pictures$ = combineLatest([view$, choice$, visibility()]).pipe(filter(([, , visible]) => visible))
  return pictures$.subscribe({
    next: ([view, choice]) => {
      const isGone = choice.selected > 0 && choice.selected >= view.runs.length
      if (isGone) choice$.next(changeChoice(choice, { selected: 0 }))
      else layout.show(view, choice)
    },
    error: (error: unknown) => {
      // The throttle may still hold the last view back.
      layout.show(latest, choice$.value)
      layout.showTrouble(`The feed has failed: ${messageOf(error)}`)
    },
  })
}

/** Emits whether the tab is visible: now, and at each change. */
const visibility = (): Observable<boolean> =>
  fromEvent(document, 'visibilitychange').pipe(
    map(() => !document.hidden),
    startWith(!document.hidden),
  )
