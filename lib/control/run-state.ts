import type { Waypoint } from '../rollout/band.js'

/** How a run may end. */
export const endings = ['finished', 'interrupted', 'failed'] as const
export type Ending = (typeof endings)[number]

/** What a run is doing, or how it ended. */
export interface RunState {
  readonly status: 'running' | 'paused' | 'stopping' | Ending
  /** The points of the band that a hand holds, in force or about to be; null where the run follows its plan. */
  readonly override: readonly Waypoint[] | null
}

export const isOver = ({ status }: RunState): boolean => endings.some((ending) => ending === status)
