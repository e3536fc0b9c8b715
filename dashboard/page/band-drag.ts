import { map, type Observable, startWith } from 'rxjs'
import type uPlot from 'uplot'
import type { BandEditEvent } from '../view/reduce-band-edit.js'
import type { HandlePress } from './band-handles.js'
import { followDrag } from './pointer-drag.js'

/** Follows one drag, from the press on a handle or on the area of the band. Pixels become nats and steps of the plot. */
export const followBandDrag = ({ target, down, place }: HandlePress, plot: uPlot): Observable<BandEditEvent> => {
  const nats = natsAt(plot, down)
  const grab: BandEditEvent =
    place === null ? { event: 'grab band', step: stepAt(plot, down), nats } : { event: 'grab bound', ...place, nats }
  return followDrag(target, down).pipe(
    map((drag): BandEditEvent => (drag.event === 'move' ? { event: 'move', nats: natsAt(plot, drag.pointer) } : drag)),
    startWith(grab),
  )
}

const stepAt = (plot: uPlot, { clientX }: PointerEvent): number =>
  plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x')

/** A pointer above or below the plot counts as at its edge. */
const natsAt = (plot: uPlot, { clientY }: PointerEvent): number => {
  const { min, max } = plot.scales['y']!
  const nats = plot.posToVal(clientY - plot.over.getBoundingClientRect().top, 'y')
  return Math.min(Math.max(nats, min!), max!)
}
