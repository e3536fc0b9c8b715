import { map, type Observable, startWith } from 'rxjs'
import type uPlot from 'uplot'
import { stepOfNumber } from '../../lib/report/step-number.js'
import type { BandEditEvent } from '../view/reduce-band-edit.js'
import type { HandlePress } from './band-handles.js'
import { followDrag } from './pointer-drag.js'

/** Follows one drag, from the press on a handle or on the area of the band. Pixels become nats and steps of the plot. */
export const followBandDrag = ({ target, down, place }: HandlePress, plot: uPlot): Observable<BandEditEvent> => {
  const natsAt = createRuler(plot)
  const nats = natsAt(down)
  const grab: BandEditEvent =
    place === null ? { event: 'grab band', step: stepAt(plot, down), nats } : { event: 'grab bound', ...place, nats }
  return followDrag(target, down).pipe(
    map((drag): BandEditEvent => (drag.event === 'move' ? { event: 'move', nats: natsAt(drag.pointer) } : drag)),
    startWith(grab),
  )
}

const stepAt = (plot: uPlot, { clientX }: PointerEvent): number =>
  stepOfNumber(plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x'))

/**
 * Returns a function that gives the height of a pointer in nats, also above and below the plot. It keeps the scale of the axis
 * now: the axis grows during a drag beyond its ends, and the same place of the pointer must stay the same number.
 */
const createRuler = (plot: uPlot): ((pointer: PointerEvent) => number) => {
  const { min, max } = plot.scales['y']!
  return ({ clientY }) => {
    const { top, height } = plot.over.getBoundingClientRect()
    return max! - ((clientY - top) / height) * (max! - min!)
  }
}
