import type { Band, Waypoint } from '../../lib/rollout/band.js'
import { piecewiseBand } from '../../lib/entropy/schedule/piecewise.js'
import type { RunView } from './view.js'

/** The band to come. */
export interface BandPlan {
  /** The points that a hand put in force; null where the run follows its configuration. */
  readonly override: readonly Waypoint[] | null
  /** Pure; from step 0. */
  readonly at: (step: number) => Band
}

/**
 * What the run will aim at as far as the page knows: the points that a hand holds, or what the configuration plans. Of a
 * run that takes no commands from here, the log says what another hand did last.
 */
export const bandPlanOf = ({ info, state, logs }: RunView): BandPlan =>
  planThrough(info.band, state.override ?? (info.steerable ? null : lastSteered(logs.metrics.lines)))

/** Null is the configuration's own plan; its last band holds beyond it. */
export const planThrough = (planned: readonly Band[], hand: readonly Waypoint[] | null): BandPlan =>
  hand === null || hand.length === 0
    ? { override: null, at: (step) => planned[Math.min(Math.max(0, step), planned.length - 1)] ?? nowhere }
    : { override: hand, at: piecewiseBand(hand) }

/** Of a run without any step. */
const nowhere: Band = { low: 0, high: 0 }

type Metrics = RunView['logs']['metrics']['lines']

const lastSteered = ({ items, length }: Metrics): readonly Waypoint[] | null => {
  for (let i = length - 1; i >= 0; i--) {
    const { steered } = items[i]!
    if (steered !== null) return steered.length === 0 ? null : steered
  }
  return null
}
