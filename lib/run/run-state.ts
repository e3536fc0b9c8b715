import type { Waypoint } from '../entropy/schedule/piecewise.js'

/** What a run is doing, or how it ended. */
export interface RunState {
  readonly status: 'running' | 'paused' | 'stopping' | 'finished' | 'interrupted' | 'failed'
  /** The points of the band that a hand holds, in force or about to be; null where the run follows its plan. */
  readonly hand: readonly Waypoint[] | null
}
