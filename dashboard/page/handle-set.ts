import type uPlot from 'uplot'
import { stepNumber } from '../../lib/report/step-number.js'
import type { Waypoint } from '../../lib/rollout/band.js'
import type { Bound } from '../view/band-points.js'
import { createHandle, describeHandle } from './band-handle.js'

const bounds: readonly Bound[] = ['high', 'low']

/** Handles of the shown points, two for each. The count from the last point names a handle, so that it keeps the focus while steps pass. */
export const createHandleSet = (layer: HTMLElement) => {
  const handles = new Map<string, HTMLElement>()
  let shown: readonly Waypoint[] = []
  const nameAt = (bound: Bound, point: number) => `${bound} ${shown.length - point}`

  const showHandle = (bound: Bound, point: number, ceiling: number): string => {
    const name = nameAt(bound, point)
    const handle = handles.get(name) ?? createHandle(bound, shown.length - point)
    handles.set(name, handle)
    describeHandle(handle, shown[point]!, bound, ceiling)
    return name
  }
  const remove = (name: string, handle: HTMLElement) => {
    const hadFocus = document.activeElement === handle
    handle.remove()
    handles.delete(name)
    if (hadFocus) handles.get(`${name.split(' ')[0]!} ${shown.length}`)?.focus()
  }
  return {
    points: () => shown,
    show: (points: readonly Waypoint[], ceiling: number) => {
      shown = points
      const names = points.flatMap((_, point) => bounds.map((bound) => showHandle(bound, point, ceiling)))
      for (const [name, handle] of handles) if (!names.includes(name)) remove(name, handle)
      insertInOrder(
        layer,
        names.map((name) => handles.get(name)!),
      )
    },
    place: (plot: uPlot) =>
      shown.forEach((point, i) => {
        for (const bound of bounds) placeHandle(plot, handles.get(nameAt(bound, i))!, point, bound)
      }),
  }
}

/** The order of the elements is that of the Tab key. An element that is in place keeps the focus. */
const insertInOrder = (layer: HTMLElement, handles: readonly HTMLElement[]): void => {
  let after: Element | null = null
  for (const handle of handles.toReversed()) {
    if (handle.parentElement !== layer) layer.insertBefore(handle, after)
    after = handle
  }
}

const placeHandle = (plot: uPlot, handle: HTMLElement, { step, band }: Waypoint, bound: Bound): void => {
  const { min, max } = plot.scales['x']!
  const number = stepNumber(step)
  handle.hidden = number < min! || number > max!
  handle.style.left = `${plot.valToPos(number, 'x')}px`
  handle.style.top = `${plot.valToPos(band[bound], 'y')}px`
}
