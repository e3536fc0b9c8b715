import type { Waypoint } from '../rollout/band.js'

/** Statuses of a run that has ended. */
export const endings = ['finished', 'interrupted', 'failed'] as const

/** Status of a run that has ended. */
export type Ending = (typeof endings)[number]

/** Status of a run, and the override of its band. */
export interface RunState {
  /** `saving`: the last step is done, and the results are being written. */
  readonly status: 'running' | 'paused' | 'stopping' | 'saving' | Ending
  /** Points of the band that overrides the plan from the next batch on; null when the run follows its plan. */
  readonly override: readonly Waypoint[] | null
  /**
   * Last sign of life of an interrupted run whose process is gone, such as one that was killed: a time in ISO 8601. Absent for
   * every other run.
   */
  readonly lastSign?: string
}

/** Returns true when the run has ended. */
export const isOver = ({ status }: RunState): boolean => endings.some((ending) => ending === status)
