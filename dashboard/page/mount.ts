import { scan, type Subscription, throttleTime, asyncScheduler } from 'rxjs'
import type { Feed } from '../feed.js'
import { emptyView, viewAfter } from '../view/view.js'
import { entropyChart } from './entropy-chart.js'
import './style.css'

/** Shows the runs of a feed in an element, and keeps showing them until it is unsubscribed; then the element is empty again. */
export const mount = (root: HTMLElement, feed: Feed): Subscription => {
  root.classList.add('live')
  const entropy = entropyChart()
  root.replaceChildren(entropy.element)
  const drawing = feed.events$
    .pipe(scan(viewAfter, emptyView), throttleTime(500, asyncScheduler, { leading: true, trailing: true }))
    .subscribe((view) => entropy.show(view))
  drawing.add(() => root.replaceChildren())
  return drawing
}
