import type { Observable } from 'rxjs'
import type { RunCommand } from '../lib/control/run-command.js'
import type { RunState } from '../lib/control/run-state.js'
import type { Waypoint } from '../lib/rollout/band.js'
import type { StepEvaluation } from '../lib/run/step-evaluation.js'
import type { StepMetrics } from '../lib/run/step-metrics.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import type { StepSeconds } from '../lib/timing/step-seconds.js'

/** Description of a run, which a feed sends before any of its steps. */
export interface RunInfo {
  /** Index of the run in the feed. */
  readonly run: number
  /** Name of the run folder. */
  readonly name: string
  /** Algorithm, task and seed in one line. */
  readonly heading: string
  /** Number of steps of the whole run. */
  readonly planned: number
  /**
   * Band that the configuration plans, as points with straight lines between them. A curved plan, and a plan through many points,
   * are approximated. The last band holds for the steps after it. No points: a run without steps.
   */
  readonly band: readonly Waypoint[]
  /** Path of the run folder, from which `entrain watch` opens the run again; null if the run writes no folder. */
  readonly folder: string | null
  /** Whether this feed accepts commands for the run. */
  readonly steerable: boolean
}

/** Logs of a run folder that a page follows: the type of a line by the name of the log. */
export interface Logs {
  readonly metrics: StepMetrics
  readonly timings: StepSeconds
  readonly evaluations: StepEvaluation
}

/**
 * Message of a feed. All runs come once, then their states and the lines of their logs in order, from the first line. A long log
 * may be thinned out: its older lines are then some of all lines. When a run is over, the rollouts of its last step follow,
 * because the server may stop before a page requests them.
 */
export type FeedEvent =
  | { readonly event: 'runs'; readonly runs: readonly RunInfo[] }
  | { readonly event: 'state'; readonly run: number; readonly state: RunState }
  | { readonly event: 'rollouts'; readonly run: number; readonly rollouts: StepRollouts }
  | {
      readonly [L in keyof Logs]: {
        readonly event: 'log'
        readonly run: number
        readonly log: L
        readonly lines: readonly Logs[L][]
      }
    }[keyof Logs]

/** Source of the runs of a page: a server, or a worker in the page. */
export interface Feed {
  /** Begins with the first line for each subscriber. `runs` comes again after the connection was lost. */
  readonly events$: Observable<FeedEvent>
  /** Kept rollouts of a step; null if there are none. */
  readonly rollouts: (run: number, step: number) => Promise<StepRollouts | null>
  /** Sends a command to a run. @errors Error with the reason of the refusal */
  readonly command: (run: number, command: RunCommand) => Promise<void>
}
