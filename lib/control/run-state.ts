import type { Waypoint } from '../rollout/band.js'

/** Statuses of a run that has ended. */
export const endings = ['finished', 'interrupted', 'failed'] as const

/** Status of a run that has ended. */
export type Ending = (typeof endings)[number]

/** Server that samples or trains for a run, as the run saw it last. */
export interface RunServer {
  /** Address of the server without a key. */
  readonly name: string
  /** Work that the server does for the run. */
  readonly work: 'samples' | 'trains' | 'samples and trains'
  /**
   * `ready` if it answers, `joining` while it gets the newest weights, `away` if it fails and gets no work, `returning` while a server
   * that was away is asked whether it answers, and gets the newest weights if it does.
   */
  readonly state: 'ready' | 'joining' | 'away' | 'returning'
  /** Version of the weights that its next request uses. */
  readonly version: number
  /** Tokens that it sampled per second, over the requests of the last seconds. */
  readonly tokensPerSecond: number
  /** Number of prompts whose completions are not finished. */
  readonly waiting: number
  /** Last error of a server that is away or returning; absent for one that answers. */
  readonly fault?: string
}

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
  /** Error that ended the run, as read from its summary. Absent if no error did. */
  readonly failure?: string
  /** Servers of the run: their present state, and their last one when the run is over. Absent for a run on one machine. */
  readonly servers?: readonly RunServer[]
}

/** Returns true for a server that gets no work because it fails: it is away, or it is tried again. */
export const isOut = ({ state }: Pick<RunServer, 'state'>): boolean => state === 'away' || state === 'returning'

/** Returns true when the run has ended. */
export const isOver = ({ status }: RunState): boolean => endings.some((ending) => ending === status)
