import { stepNumber } from '../../lib/report/step-number.js'
import type { Waypoint } from '../../lib/rollout/band.js'
import { type Bound, boundLimits } from '../view/band-points.js'
import { formatFixed } from '../view/number-format.js'
import { createElement } from './element.js'

/** Bound that a handle moves, and the index of its point. */
export interface HandlePlace {
  readonly bound: Bound
  readonly point: number
}

/** Slider of one bound of a point; `fromEnd` counts the points from it to the last one, itself included. */
export const createHandle = (bound: Bound, fromEnd: number): HTMLElement =>
  createElement('div', {
    class: `handle ${bound}`,
    role: 'slider',
    tabindex: '0',
    'aria-orientation': 'vertical',
    'data-bound': bound,
    'data-from-end': String(fromEnd),
  })

/** Returns the place of a handle among `count` points; null for an element that is no handle. */
export const placeOf = (target: EventTarget | null, count: number): HandlePlace | null => {
  if (!(target instanceof HTMLElement) || target.dataset['fromEnd'] === undefined) return null
  return { bound: target.dataset['bound'] as Bound, point: count - Number(target.dataset['fromEnd']) }
}

/** Sets the name, value and range that a screen reader says. */
export const describeHandle = (handle: HTMLElement, { step, band }: Waypoint, bound: Bound, ceiling: number): void => {
  const { min, max } = boundLimits(band, bound, ceiling)
  const attributes = {
    'aria-label': `${bound} bound at step ${stepNumber(step)}`,
    'aria-valuenow': band[bound].toFixed(3),
    'aria-valuemin': min.toFixed(3),
    'aria-valuemax': max.toFixed(3),
    'aria-valuetext': `${formatFixed(band[bound])} nats`,
  }
  for (const [name, value] of Object.entries(attributes))
    if (handle.getAttribute(name) !== value) handle.setAttribute(name, value)
}
