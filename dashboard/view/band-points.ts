import type { Band, Waypoint } from '../../lib/rollout/band.js'
import { piecewiseBand } from '../../lib/entropy/schedule/piecewise.js'
import type { BandPlan } from './band-plan.js'

/** What a person moves: the bounds of a band at some steps of what is to come. Every move gives a band. */

export type Bound = 'low' | 'high'

/** Low and high keep this apart. @units nats */
export const MIN_WIDTH = 0.01

/** A plan with more corners than these is told as smooth, by the quarters of the run. */
const MOST_CORNERS = 8

/**
 * The points at which a plan can be moved: the next step, those of its own to come, and the last step. A smooth plan has
 * the quarters of the run for its own.
 */
export const pointsOf = (plan: BandPlan, next: number, planned: number): readonly Waypoint[] => {
  const last = planned - 1
  if (next > last) return []
  const own = plan.override?.map(({ step }) => step) ?? ownSteps(plan, planned)
  const between = own.filter((step) => step > next && step < last)
  return [...new Set([next, ...between, last])].map((step) => ({ step, band: plan.at(step) }))
}

const ownSteps = (plan: BandPlan, planned: number): readonly number[] => {
  const corners = cornersOf(plan, planned)
  return corners.length > 0 && corners.length <= MOST_CORNERS
    ? corners
    : [1, 2, 3].map((quarter) => Math.round((quarter * (planned - 1)) / 4))
}

/** Where a plan bends. */
const cornersOf = ({ at }: BandPlan, planned: number): readonly number[] => {
  const corners: number[] = []
  for (let step = 1; step < planned - 1 && corners.length <= MOST_CORNERS; step++) {
    const [a, b, c] = [at(step - 1), at(step), at(step + 1)]
    if (bends(a.low, b.low, c.low) || bends(a.high, b.high, c.high)) corners.push(step)
  }
  return corners
}

const bends = (a: number, b: number, c: number): boolean => Math.abs(a - 2 * b + c) > 1e-9

/** Where a bound may go while the other stays. */
export const boundLimits = ({ low, high }: Band, bound: Bound, ceiling: number): { min: number; max: number } =>
  bound === 'low'
    ? { min: 0, max: Math.max(0, tidy(high - MIN_WIDTH)) }
    : { min: tidy(low + MIN_WIDTH), max: Math.max(ceiling, tidy(low + MIN_WIDTH)) }

/** One bound of one point at a value, or as near as the other bound allows. */
export const moveBound = (
  points: readonly Waypoint[],
  at: number,
  bound: Bound,
  value: number,
  ceiling: number,
): readonly Waypoint[] =>
  change(points, at, (band) => {
    const { min, max } = boundLimits(band, bound, ceiling)
    return { ...band, [bound]: Math.min(Math.max(tidy(value), min), max) }
  })

/** Both bounds of one point by as much; the width stays. */
export const moveBand = (points: readonly Waypoint[], at: number, by: number, ceiling: number): readonly Waypoint[] =>
  change(points, at, ({ low, high }) => {
    const room = Math.min(Math.max(by, -low), Math.max(0, ceiling - high))
    return { low: Math.max(0, tidy(low + room)), high: tidy(high + room) }
  })

/** The nearest of the points to a step. */
export const nearestPoint = (points: readonly Waypoint[], step: number): number => {
  const distances = points.map((point) => Math.abs(point.step - step))
  return distances.indexOf(Math.min(...distances))
}

/** The same band, told by points of which none is past. */
export const dropPastPoints = (points: readonly Waypoint[], next: number): readonly Waypoint[] => {
  const first = { step: next, band: piecewiseBand(points)(next) }
  return [first, ...points.filter(({ step }) => step > next)]
}

const change = (points: readonly Waypoint[], at: number, move: (band: Band) => Band): readonly Waypoint[] =>
  points.map((point, i) => (i === at ? { step: point.step, band: move(point.band) } : point))

/** No more digits than a person can mean. */
const tidy = (nats: number): number => Math.round(nats * 1e4) / 1e4
