import type { Waypoint } from '../../rollout/band.js'
import type { Schedule } from '../band.js'
import { checkBand, interpolateBands, progress } from './ramp.js'

const checkWaypoints = (points: readonly Waypoint[]): readonly Waypoint[] => {
  if (points.length === 0) throw new RangeError('piecewise: found no points, expected at least one')
  return points.map(({ step, band }, i) => {
    const previous = points[i - 1]?.step ?? -Infinity
    if (!Number.isFinite(step) || step <= previous) {
      throw new RangeError(`piecewise[${i}].step: found ${step}, expected a finite number > ${previous}`)
    }
    return { step, band: checkBand(`piecewise[${i}].band`, band) }
  })
}

/**
 * Schedule through given points, linear between them. The first band holds before its step, the last band after its step.
 *
 *     points   (10, a)  (20, b)  (21, c)
 *     band     a a a a .. b c c c c        two points one step apart make a jump
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if there are no points, if their steps do not increase, or if bounds do not form a band
 * @example
 * piecewiseBand([
 *   { step: 0, band: { low: 0.6, high: 0.7 } },
 *   { step: 100, band: { low: 0.1, high: 0.2 } },
 * ])
 */
export const piecewiseBand = (points: readonly Waypoint[]): Schedule => {
  const path = checkWaypoints(points)
  return (step) => {
    const next = path.findIndex((point) => point.step >= step)
    const to = path[next === -1 ? path.length - 1 : next]!
    const from = path[next - 1] ?? to
    return from === to ? to.band : interpolateBands(from.band, to.band, progress(step - from.step, to.step - from.step))
  }
}
