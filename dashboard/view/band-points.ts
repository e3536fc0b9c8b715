import { piecewiseBand } from '../../lib/entropy/schedule/piecewise.js'
import type { Band, Waypoint } from '../../lib/rollout/band.js'
import type { BandPlan } from './band-plan.js'

/** Lower or upper bound of a band. */
export type Bound = 'low' | 'high'

/** Smallest distance between the bounds of a band. @units nats per token */
export const MIN_WIDTH = 0.01

/** A plan with more corners than this is treated as smooth. */
const MAX_CORNERS = 8

/**
 * Returns the points at which a plan can be moved: the next step, the plan's own points after it, and the last step. The
 * own points of a smooth plan are the quarters of the run.
 */
export const pointsOf = (plan: BandPlan, next: number, planned: number): readonly Waypoint[] => {
  const last = planned - 1
  if (next > last) return []
  const own = plan.override?.map(({ step }) => step) ?? ownSteps(plan, planned)
  const between = own.filter((step) => step > next && step < last)
  return [...new Set([next, ...between, last])].map((step) => ({ step, band: plan.at(step) }))
}

const ownSteps = ({ points }: BandPlan, planned: number): readonly number[] => {
  const corners = points.map(({ step }) => step).filter((step) => step > 0 && step < planned - 1)
  return corners.length > 0 && corners.length <= MAX_CORNERS
    ? corners
    : [1, 2, 3].map((quarter) => Math.round((quarter * (planned - 1)) / 4))
}

/** Returns the range in which a bound can move while the other bound stays. */
export const boundLimits = ({ low, high }: Band, bound: Bound, ceiling: number): { min: number; max: number } =>
  bound === 'low'
    ? { min: 0, max: Math.max(0, roundNats(high - MIN_WIDTH)) }
    : { min: roundNats(low + MIN_WIDTH), max: Math.max(ceiling, roundNats(low + MIN_WIDTH)) }

/** Returns the lowest and the highest value that a bound has among the points: where the keys Home and End move it. */
export const boundsOfPlan = (points: readonly Waypoint[], bound: Bound): { min: number; max: number } => {
  const values = points.map(({ band }) => band[bound])
  return { min: Math.min(...values), max: Math.max(...values) }
}

/** Moves one bound of one point to a value, or as near to it as its limits allow. */
export const moveBound = (
  points: readonly Waypoint[],
  at: number,
  bound: Bound,
  value: number,
  ceiling: number,
): readonly Waypoint[] =>
  changeBand(points, at, (band) => {
    const { min, max } = boundLimits(band, bound, ceiling)
    return { ...band, [bound]: Math.min(Math.max(roundNats(value), min), max) }
  })

/** Moves both bounds of one point by the same distance, so that the band keeps its width. */
export const moveBand = (points: readonly Waypoint[], at: number, by: number, ceiling: number): readonly Waypoint[] =>
  changeBand(points, at, ({ low, high }) => {
    const distance = Math.min(Math.max(by, -low), Math.max(0, ceiling - high))
    return { low: Math.max(0, roundNats(low + distance)), high: roundNats(high + distance) }
  })

/** Returns the index of the point that is nearest to a step. */
export const nearestPoint = (points: readonly Waypoint[], step: number): number => {
  const distances = points.map((point) => Math.abs(point.step - step))
  return distances.indexOf(Math.min(...distances))
}

/** Returns points of the same band, the first of which is at step `next`. */
export const dropPastPoints = (points: readonly Waypoint[], next: number): readonly Waypoint[] => {
  const first = { step: next, band: piecewiseBand(points)(next) }
  return [first, ...points.filter(({ step }) => step > next)]
}

const changeBand = (points: readonly Waypoint[], at: number, move: (band: Band) => Band): readonly Waypoint[] =>
  points.map((point, i) => (i === at ? { step: point.step, band: move(point.band) } : point))

/** Rounds to four digits after the point, which is finer than the pointer can set. */
const roundNats = (nats: number): number => Math.round(nats * 1e4) / 1e4
