import { asyncScheduler, map, type Observable, type ObservableInput, type SchedulerLike } from 'rxjs'
import { describe } from '../../describe.js'
import { checkOptions, integerFrom, timerSeconds } from '../../option.js'
import type { Policy, Sampling } from '../../policy/policy.js'
import type { Batch } from '../../rollout/batch.js'
import type { PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Scores } from '../../rollout/scores.js'
import type { PublishedWeights } from '../remote-policy.js'
import { createDispatcher, type Dispatcher } from './dispatcher.js'
import { createMembership, type JoiningServer, type MemberStatus } from './membership.js'

/** Options of {@link pooled}. */
export interface PoolOptions {
  /** Maximum number of prompts that one server works on at the same time [32]. */
  readonly promptsPerServer?: number
  /** Number of failed attempts of one prompt, on one or several servers, after which the run ends [4]. */
  readonly attempts?: number
  /** Maximum time in which a server samples one prompt, or takes new weights [600]. @units seconds */
  readonly timeLimit?: number
  /** Number of failures in a row after which a server is taken out [3]. A server without a connection is taken out at once. */
  readonly failures?: number
  /**
   * Time after which a server that was taken out is tried again [1]. It doubles with each failure until the server has sampled a
   * prompt. @units seconds
   */
  readonly firstWait?: number
  /** Maximum of that time [60]. @units seconds */
  readonly longestWait?: number
  /** Maximum time without any server that answers before the run ends [600]. @units seconds */
  readonly patience?: number
  /** Scheduler of the timers, for specs in virtual time. */
  readonly scheduler?: SchedulerLike
}

const rules = {
  promptsPerServer: integerFrom(1),
  attempts: integerFrom(1),
  timeLimit: timerSeconds,
  failures: integerFrom(1),
  firstWait: timerSeconds,
  longestWait: timerSeconds,
  patience: timerSeconds,
} as const

/** Server of a pool. */
export interface PoolServer extends JoiningServer, Pick<Policy, 'sample' | 'score'> {
  readonly logprobs: (tokens: readonly number[]) => ObservableInput<Float32Array>
}

/** Several servers that do the work of one. */
export interface Pool {
  readonly sample: (prompts: PromptBatch, sampling: Sampling) => Observable<RolloutGroup>
  readonly score: (batch: Batch, temperature?: number) => Observable<Scores>
  /** Newest weights; null before the first publication. */
  readonly weights: PublishedWeights | null
  readonly logprobs: (tokens: readonly number[]) => Observable<Float32Array>
  /** Brings weights to the servers, as {@link Membership.publish}. */
  readonly publish: (weights: PublishedWeights) => Observable<never>
  /** State and measured speed of every server. */
  readonly servers: readonly (MemberStatus & { readonly speed: number | null })[]
  /** Emits when a server is taken out or taken back. */
  readonly changes$: Observable<void>
  readonly close: () => void
}

/** Creates a pool of servers. @errors RangeError for an impossible option and for no server */
export const createPool = (servers: readonly PoolServer[], options: PoolOptions = {}): Pool => {
  if (servers.length === 0) throw new RangeError('pooled: found no server, expected at least one')
  checkOptions(options, rules)
  const { promptsPerServer = 32, attempts = 4, timeLimit = 600, scheduler = asyncScheduler } = options
  const { failures = 3, firstWait = 1, longestWait = 60, patience = 600 } = options
  const membership = createMembership(
    servers,
    { timeLimit, failures, firstWait, longestWait, patience },
    () => dispatcher,
    scheduler,
  )
  const dispatcher: Dispatcher<PoolServer> = createDispatcher(
    servers,
    { inWork: promptsPerServer, attempts, timeLimit },
    { onAnswer: membership.recordAnswer, onFailure: membership.recordFailure },
    scheduler,
  )
  for (const index of servers.keys()) dispatcher.start(index)
  membership.watch()
  return {
    get weights() {
      return membership.weights
    },
    get servers() {
      return membership.members.map(({ state, fault }, index) => ({
        state,
        fault,
        speed: dispatcher.loads[index]!.speed,
      }))
    },
    changes$: membership.changes$,
    sample: ({ step, prompts, offset = 0 }, sampling) =>
      dispatcher
        .run(
          prompts.map((prompt, place) => ({
            name: `step ${step}, prompt ${describe(prompt.id)}`,
            call: (server) => server.sample({ step, prompts: [prompt], offset: offset + place }, sampling),
          })),
          true,
        )
        .pipe(map((group) => ({ ...group, groups: prompts.length }))),
    score: (batch, temperature) =>
      dispatcher.run(
        [{ name: `scores of step ${batch.step}`, call: (server) => server.score(batch, temperature) }],
        false,
      ),
    logprobs: (tokens) => dispatcher.run([{ name: 'log-probs', call: (server) => server.logprobs(tokens) }], false),
    publish: membership.publish,
    close: membership.close,
  }
}
