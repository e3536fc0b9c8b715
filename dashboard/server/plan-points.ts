import type { Schedule } from '../../lib/entropy/band.js'
import type { Band, Waypoint } from '../../lib/rollout/band.js'

/** Maximum number of steps at which a plan is evaluated. A longer plan is evaluated at so many steps of equal distance. */
const MAX_STEPS = 100_000

/** Largest distance between a plan and its points, if they are few enough. @units nats per token */
const TOLERANCE = 1e-9

/** Growth of the tolerance while a plan has too many points. */
const COARSER = 4

/**
 * Returns a band plan as points with straight lines between them. Constant and linear plans, and plans through few points, are
 * exact up to rounding. Other plans have the smallest tolerance at which `most` points are enough.
 *
 *     plan     ‾‾‾‾‾‾\______        100,000 steps
 *     points   o     o     o
 *
 * @param band band at a step, or the bands of all steps, the last of which holds for the steps after it
 */
export const planPoints = (band: Schedule | readonly Band[], planned: number, most: number): readonly Waypoint[] => {
  const bands = evaluatePlan(band, planned)
  for (let tolerance = TOLERANCE; ; tolerance *= COARSER) {
    const points = straightLines(bands, tolerance)
    if (points.length <= most) return points
  }
}

const evaluatePlan = (band: Schedule | readonly Band[], planned: number): readonly Waypoint[] => {
  if (typeof band !== 'function' && band.length === 0) return []
  const at = typeof band === 'function' ? band : (step: number) => band[Math.min(step, band.length - 1)]!
  const last = Math.max(0, (typeof band === 'function' ? planned : Math.min(planned, band.length)) - 1)
  const intervals = Math.min(last, MAX_STEPS - 1)
  return Array.from({ length: intervals + 1 }, (_, i) => {
    const step = intervals === 0 ? 0 : Math.round((i * last) / intervals)
    return { step, band: at(step) }
  })
}

/** Slopes of the lines from a point that pass every later point within the tolerance. */
interface Cone {
  readonly least: number
  readonly most: number
}

const anySlope: Cone = { least: -Infinity, most: Infinity }

/** Returns the first point, the last one, and points between them such that the lines through them pass all points. */
const straightLines = (points: readonly Waypoint[], tolerance: number): readonly Waypoint[] => {
  if (points.length < 2) return points
  const chosen = [points[0]!]
  let [low, high] = [anySlope, anySlope]
  points.slice(1).forEach((point, before) => {
    const start = chosen.at(-1)!
    if (!isWithin(low, slopeOf(start, point, 'low')) || !isWithin(high, slopeOf(start, point, 'high'))) {
      chosen.push(points[before]!)
      ;[low, high] = [anySlope, anySlope]
    }
    low = narrow(low, chosen.at(-1)!, point, 'low', tolerance)
    high = narrow(high, chosen.at(-1)!, point, 'high', tolerance)
  })
  return [...chosen, points.at(-1)!]
}

const isWithin = ({ least, most }: Cone, slope: number): boolean => least <= slope && slope <= most

const slopeOf = (from: Waypoint, to: Waypoint, bound: keyof Band): number =>
  (to.band[bound] - from.band[bound]) / (to.step - from.step)

const narrow = (cone: Cone, from: Waypoint, to: Waypoint, bound: keyof Band, tolerance: number): Cone => {
  const [slope, room] = [slopeOf(from, to, bound), tolerance / (to.step - from.step)]
  return { least: Math.max(cone.least, slope - room), most: Math.min(cone.most, slope + room) }
}
