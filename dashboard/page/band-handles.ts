import type uPlot from 'uplot'
import type { Waypoint } from '../../lib/rollout/band.js'
import { type Bound, boundLimits } from '../view/band-points.js'
import { formatFixed } from '../view/number-format.js'
import { createElement } from './element.js'

/** What is told of a hand on the handles; points are counted from the first that is shown. */
export interface BandHandlesPorts {
  readonly takePoint: (handle: Element, down: PointerEvent, point: number, bound: Bound) => void
  readonly takeBand: (area: Element, down: PointerEvent) => void
  readonly key: (event: KeyboardEvent, point: number, bound: Bound) => void
}

const bounds: readonly Bound[] = ['high', 'low']

/** Two sliders for each point of a band, and the area between them, over a plot. */
export const createBandHandles = ({ takePoint, takeBand, key }: BandHandlesPorts) => {
  const layer = createElement('div', { class: 'handles', role: 'group', 'aria-label': 'The band to come' })
  const area = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  area.setAttribute('aria-hidden', 'true')
  area.append(path)
  layer.append(area)
  path.addEventListener('pointerdown', (down) => takeBand(path, down))
  /** Known by their place from the end, so those to come keep theirs while steps go by. */
  const handles = new Map<string, HTMLElement>()
  let shown: readonly Waypoint[] = []
  const nameOf = (bound: Bound, point: number) => `${bound} ${shown.length - point}`

  const make = (bound: Bound, fromEnd: number): HTMLElement => {
    const handle = createElement('div', {
      class: `handle ${bound}`,
      role: 'slider',
      tabindex: '0',
      'aria-orientation': 'vertical',
    })
    handle.addEventListener('pointerdown', (down) => {
      handle.focus()
      takePoint(handle, down, shown.length - fromEnd, bound)
    })
    handle.addEventListener('keydown', (event) => key(event, shown.length - fromEnd, bound))
    return handle
  }
  const removeBut = (wanted: ReadonlySet<string>) => {
    for (const [name, handle] of handles) {
      if (wanted.has(name)) continue
      const lost = document.activeElement === handle
      handle.remove()
      handles.delete(name)
      if (lost) handles.get(`${name.split(' ')[0]!} ${shown.length}`)?.focus()
    }
  }
  return {
    element: layer,
    show: (points: readonly Waypoint[], ceiling: number) => {
      shown = points
      const wanted = points.flatMap((point, i) =>
        bounds.map((bound) => {
          const name = nameOf(bound, i)
          const handle = handles.get(name) ?? make(bound, points.length - i)
          handles.set(name, handle)
          describe(handle, point, bound, ceiling)
          return name
        }),
      )
      removeBut(new Set(wanted))
      // In their order, which is that of the keyboard; those that are there already keep the focus.
      let after: Element | null = null
      for (const name of wanted.toReversed()) {
        const handle: HTMLElement = handles.get(name)!
        if (handle.parentElement !== layer) layer.insertBefore(handle, after)
        after = handle
      }
    },
    /** Puts them where the plot has them; the outline is that of the area. */
    place: (plot: uPlot, outline: string) => {
      if (layer.parentElement !== plot.over) plot.over.append(layer)
      const { min, max } = plot.scales['x']!
      shown.forEach(({ step, band }, i) => {
        for (const bound of bounds) {
          const handle = handles.get(nameOf(bound, i))!
          handle.hidden = step < min! || step > max!
          handle.style.left = `${plot.valToPos(step, 'x')}px`
          handle.style.top = `${plot.valToPos(band[bound], 'y')}px`
        }
      })
      path.setAttribute('d', outline)
    },
  }
}

const describe = (handle: HTMLElement, { step, band }: Waypoint, bound: Bound, ceiling: number): void => {
  const { min, max } = boundLimits(band, bound, ceiling)
  const attributes = {
    'aria-label': `${bound} bound at step ${step}`,
    'aria-valuenow': band[bound].toFixed(3),
    'aria-valuemin': min.toFixed(3),
    'aria-valuemax': max.toFixed(3),
    'aria-valuetext': `${formatFixed(band[bound])} nats`,
  }
  for (const [name, value] of Object.entries(attributes))
    if (handle.getAttribute(name) !== value) handle.setAttribute(name, value)
}
