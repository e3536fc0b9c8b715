import type { Observable } from 'rxjs'
import type { Band } from '../lib/rollout/band.js'
import type { RunCommand } from '../lib/control/run-command.js'
import type { RunState } from '../lib/control/run-state.js'
import type { StepEvaluation } from '../lib/run/step-evaluation.js'
import type { StepMetrics } from '../lib/run/step-metrics.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import type { StepSeconds } from '../lib/timing/step-seconds.js'

/** What a page is told of a run before any of its steps. */
export interface RunInfo {
  /** Its place in the feed. */
  readonly run: number
  /** Its folder's name. */
  readonly name: string
  /** What is trained on what, in a line. */
  readonly heading: string
  /** Steps asked for. */
  readonly planned: number
  /** What the configuration plans for them; the last holds beyond it. @shape at most [planned] */
  readonly band: readonly Band[]
  /** Whether this feed takes commands for it. */
  readonly steerable: boolean
}

/** The logs of a run folder that a page follows, by name, and what is in a line of each. */
export interface Logs {
  readonly metrics: StepMetrics
  readonly timings: StepSeconds
  readonly evaluations: StepEvaluation
}

/** What a page is told, in order: all runs once, then lines of their logs, from the first, as there are more of them. */
export type FeedEvent =
  | { readonly event: 'runs'; readonly runs: readonly RunInfo[] }
  | { readonly event: 'state'; readonly run: number; readonly state: RunState }
  | {
      readonly [L in keyof Logs]: {
        readonly event: 'log'
        readonly run: number
        readonly log: L
        readonly lines: readonly Logs[L][]
      }
    }[keyof Logs]

/** Where a page has its runs from: a server, or a worker of its own. */
export interface Feed {
  /** From the beginning for each subscriber. `runs` comes again where the connection was lost and is back. */
  readonly events$: Observable<FeedEvent>
  /** Some rollouts of a step; null where none were kept. */
  readonly rollouts: (run: number, step: number) => Promise<StepRollouts | null>
  /** Rejects with what was wrong. */
  readonly command: (run: number, command: RunCommand) => Promise<void>
}
