import { filter, fromEvent, map, type Observable, share, tap } from 'rxjs'
import type uPlot from 'uplot'
import { isBandKey } from '../view/band-keys.js'
import { createBandArea } from './band-area.js'
import { type HandlePlace, placeOf } from './band-handle.js'
import { createElement } from './element.js'
import { createHandleSet } from './handle-set.js'

/** Press of a pointer on a handle, or on the area of the band (`place` is null). */
export interface HandlePress {
  readonly target: Element
  readonly down: PointerEvent
  readonly place: HandlePlace | null
}

/** Two sliders for each point of a band, and the area between them, over a plot. */
export const createBandHandles = () => {
  const layer = createElement('div', { class: 'handles', role: 'group', 'aria-label': 'Band to come' })
  const area = createBandArea()
  layer.append(area.element)
  const handles = createHandleSet(layer)
  const placeAt = (target: EventTarget | null) => placeOf(target, handles.points().length)
  return {
    element: layer,
    presses$: handlePresses(layer, area.path, placeAt),
    keys$: handleKeys(layer, placeAt),
    show: handles.show,
    /** Moves the handles to their places on the plot, and draws the area inside `outline`. */
    place: (plot: uPlot, outline: string) => {
      if (layer.parentElement !== plot.over) plot.over.append(layer)
      handles.place(plot)
      area.draw(outline)
    },
  }
}

export type BandHandles = ReturnType<typeof createBandHandles>

type PlaceAt = (target: EventTarget | null) => HandlePlace | null

const handlePresses = (layer: HTMLElement, path: Element, placeAt: PlaceAt): Observable<HandlePress> =>
  fromEvent<PointerEvent>(layer, 'pointerdown').pipe(
    filter(({ target }) => target === path || placeAt(target) !== null),
    // A drag prevents the default action of the press, which would move the focus.
    tap(({ target }) => target instanceof HTMLElement && target.focus()),
    map((down) => ({ target: down.target as Element, down, place: placeAt(down.target) })),
  )

/** Presses of the keys that move a handle. They do not scroll the page. */
const handleKeys = (layer: HTMLElement, placeAt: PlaceAt): Observable<HandlePlace & { readonly key: string }> =>
  fromEvent<KeyboardEvent>(layer, 'keydown').pipe(
    filter(({ key }) => isBandKey(key)),
    tap((event) => event.preventDefault()),
    map(({ key, target }) => ({ key, ...placeAt(target)! })),
    share(),
  )
