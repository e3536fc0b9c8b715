import { piecewiseBand } from '../../lib/entropy/schedule/piecewise.js'
import type { Band, Waypoint } from '../../lib/rollout/band.js'
import type { RunView } from './view.js'

/** Entropy band of the steps that a run has not reached yet. */
export interface BandPlan {
  /** Points of the override in force; null if the run follows its configuration. */
  readonly override: readonly Waypoint[] | null
  /** Points of the plan, between which the band moves along straight lines. */
  readonly points: readonly Waypoint[]
  /** Band at a step, from step 0. */
  readonly at: (step: number) => Band
}

/**
 * Returns the band plan of a run: the points of its override, or the plan of its configuration. The override of a run that
 * cannot be steered from this page is read from its log.
 */
export const bandPlanOf = ({ info, state, logs }: RunView): BandPlan =>
  planThrough(info.band, state.override ?? (info.steerable ? null : lastOverride(logs.metrics.lines)))

/** Returns the plan through the points of an override; without points, the plan of the configuration. */
export const planThrough = (planned: readonly Waypoint[], override: readonly Waypoint[] | null): BandPlan => {
  const isOverridden = override !== null && override.length > 0
  const points = isOverridden ? override : planned
  return {
    override: isOverridden ? override : null,
    points,
    at: points.length === 0 ? () => emptyBand : piecewiseBand(points),
  }
}

/** Band of a run without steps. */
const emptyBand: Band = { low: 0, high: 0 }

type MetricsLines = RunView['logs']['metrics']['lines']

const lastOverride = ({ items, length }: MetricsLines): readonly Waypoint[] | null => {
  for (let i = length - 1; i >= 0; i--) {
    const { steered } = items[i]!
    if (steered !== null) return steered.length === 0 ? null : steered
  }
  return null
}
