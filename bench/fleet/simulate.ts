import * as TE from 'fp-ts/lib/TaskEither.js'
import { lastValueFrom, Observable, of, tap } from 'rxjs'
import { grpo } from '../../lib/advantage/grpo.js'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { sign } from '../../lib/entropy/filter/sign.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import type { Learner } from '../../lib/policy/learner.js'
import type { Sampling } from '../../lib/policy/policy.js'
import { type PooledPolicy, pooled } from '../../lib/remote/pool/pooled.js'
import type { RemotePolicy } from '../../lib/remote/remote-policy.js'
import type { Batch } from '../../lib/rollout/batch.js'
import type { Completion } from '../../lib/rollout/completion.js'
import type { Prompt, PromptBatch } from '../../lib/rollout/prompt.js'
import type { RolloutGroup } from '../../lib/rollout/rollout-group.js'
import type { Scores } from '../../lib/rollout/scores.js'
import { sum } from '../../lib/statistics.js'
import { trainingPipeline } from '../../pipelines/training-pipeline.js'
import { anUpdate } from '../../testing/batches.js'
import { createVirtualClock, type VirtualClock } from './virtual-clock.js'

/** Sizes of a simulation. */
export interface FleetOptions {
  readonly servers: number
  readonly prompts: number
  /** Number of prompts of a batch. */
  readonly batch: number
  /** Maximum number of batches between prompts and sink. */
  readonly inFlight: number
  /** Number of completions of a prompt. */
  readonly group: number
  /** Called after each step with the number of prompts that were trained so far. */
  readonly onStep?: (prompts: number) => void
}

/** Work of a simulated server. */
export interface SimulatedServer {
  /** Speed as a share of the speed of all. */
  readonly speed: number
  /** Prompts that it sampled, as a share of all. */
  readonly sampled: number
  /** Largest excess of the prompts in its work over its share of those that were in work or waiting. */
  readonly excess: number
}

/** Outcome of a simulation. */
export interface FleetOutcome {
  /** Number of prompts whose group trained. */
  readonly trained: number
  /** Virtual time in which the servers would sample all prompts if none were ever idle, as a share of the time that passed. */
  readonly efficiency: number
  /** The servers, the slowest first. */
  readonly servers: readonly SimulatedServer[]
}

/** Speeds of the servers: the fastest is ten times as fast as the slowest. @units prompts per ms */
const speedsOf = (servers: number): readonly number[] =>
  Array.from({ length: servers }, (_, s) => (1 + (9 * s) / Math.max(1, servers - 1)) / 100)

/** Batches after which every server has a measured speed. */
const WARMUP = 8

/**
 * Trains on simulated servers in virtual time, through every stage of a training pipeline. A server samples one prompt after the other.
 * The learner is always faster than the servers.
 */
export const simulateFleet = async (options: FleetOptions): Promise<FleetOutcome> => {
  const { servers: count, prompts, batch, inFlight, group, onStep = () => undefined } = options
  const clock = createVirtualClock()
  const speeds = speedsOf(count)
  const outstanding = { issued: 0, sampled: 0, isWarm: false }
  const servers = speeds.map((speed, s) =>
    simulatedServer(`server ${s}`, speed, speed / sum(speeds), clock, outstanding),
  )
  const pool = pooled(
    servers.map(({ policy }) => policy),
    { scheduler: clock, promptsPerServer: 64 },
  )
  let trained = 0
  let isOver = false
  const run = lastValueFrom(
    trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: sign() })(
      {
        policy: scoredBy(pool),
        learner: idleLearner(),
        verifier: (_, { text }) => of({ value: text === 'odd' ? 1 : -1, correct: text === 'odd' }),
        rewardScale: 'signed',
        prompts: promptsOf(prompts, outstanding),
      },
      {
        band: () => ({ low: 0.4, high: 0.6 }),
        sampling: { group, maxTokens: TOKENS, seed: 7 },
        demand: { prompts: batch, inFlight },
      },
    ).pipe(
      tap(({ step }) => {
        trained += Math.min(batch, prompts - step * batch)
        outstanding.isWarm = step >= WARMUP
        onStep(trained)
      }),
    ),
  ).finally(() => {
    isOver = true
  })
  await Promise.all([run, clock.run(() => isOver)])
  await pool.close()
  return {
    trained,
    efficiency: prompts / sum(speeds) / clock.now(),
    servers: servers.map(({ counts }, s) => ({
      speed: speeds[s]! / sum(speeds),
      sampled: counts.sampled / prompts,
      excess: counts.excess,
    })),
  }
}

/** Prompts of all servers together: read from the source, and sampled. */
interface Outstanding {
  issued: number
  sampled: number
  /** True when every server has a measured speed. */
  isWarm: boolean
}

function* promptsOf(count: number, outstanding: Outstanding): Generator<Prompt> {
  for (let n = 0; n < count; n++) {
    outstanding.issued++
    yield { id: String(n), text: '', tokens: [1], reference: '' }
  }
}

/** Number of tokens of a completion. */
const TOKENS = 16

/** Completions that all groups share, so that their creation is not measured. */
const completions: readonly Completion[] = Array.from({ length: 64 }, (_, g) => ({
  tokens: new Int32Array(TOKENS).fill(g),
  logprobs_T: new Float32Array(TOKENS).fill(-1),
  text: g % 2 === 1 ? 'odd' : 'even',
  finish: 'stop',
  version: 0,
}))

const simulatedServer = (
  name: string,
  speed: number,
  share: number,
  clock: VirtualClock,
  outstanding: Outstanding,
): { readonly policy: RemotePolicy; readonly counts: { sampled: number; excess: number } } => {
  const counts = { sampled: 0, excess: 0 }
  let inWork = 0
  let freeAt = 0
  const sample = ({ step, prompts, offset = 0 }: PromptBatch, { group }: { readonly group: number }) =>
    new Observable<RolloutGroup>((subscriber) => {
      inWork++
      if (outstanding.isWarm)
        counts.excess = Math.max(counts.excess, inWork - share * (outstanding.issued - outstanding.sampled))
      freeAt = Math.max(freeAt, clock.now()) + 1 / speed
      return clock.schedule(() => {
        inWork--
        counts.sampled++
        outstanding.sampled++
        subscriber.next({
          step,
          groups: 1,
          index: offset,
          prompt: prompts[0]!,
          completions: completions.slice(0, group),
        })
        subscriber.complete()
      }, freeAt - clock.now())
    })
  return {
    counts,
    policy: {
      name,
      version: 0,
      sample,
      score: () => [],
      publish: () => TE.right(undefined),
      logprobs: (tokens) => TE.right(new Float32Array(tokens.length)),
      status$: of({ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }),
      close: () => Promise.resolve(),
    },
  }
}

/** Learner that updates nothing, at no cost. */
const idleLearner = (): Learner => {
  let version = 0
  return {
    update: () => of(anUpdate(++version)),
    snapshot: () => TE.left(new CheckpointError('snapshot', 'a learner that does nothing', 'a learner with weights')),
  }
}

/** Policy that samples on the pool and scores at no cost. */
const scoredBy = (pool: PooledPolicy) => {
  const scores = new Map<number, Scores>()
  return {
    version: 0,
    sample: (prompts: PromptBatch, sampling: Sampling) => pool.sample(prompts, sampling),
    score: ({ responses, width }: Batch) => {
      const size = responses.length * width
      const matrix = (value: number) => new Float32Array(size).fill(value)
      const found = scores.get(size) ?? {
        version: 0,
        method: 'exact' as const,
        logprobs_BT: matrix(-1),
        entropy_BT: matrix(0.5),
        distribution: { s_BT: matrix(0.2), expectedS_BT: matrix(0.1), squares_BT: matrix(0.3) },
      }
      scores.set(size, found)
      return of(found)
    },
  }
}
