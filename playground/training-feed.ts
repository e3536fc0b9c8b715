import {
  catchError,
  concat,
  concatMap,
  concatWith,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  shareReplay,
  Subject,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
} from 'rxjs'
import type { Feed, FeedEvent, RunInfo } from '../dashboard/feed.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { linearBand } from '../lib/entropy/schedule/linear.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { type LocalModel, localModel } from '../lib/policy/local/local-model.js'
import type { Clock } from '../lib/timing/clock.js'
import { gate } from '../lib/control/gate.js'
import { isOver, type RunState } from '../lib/control/run-state.js'
import { stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import { countdown } from '../lib/task/countdown/index.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import { runControl, type Steering } from '../lib/control/run-control.js'
import { yieldingPolicy } from './yielding-policy.js'
import type { Choices } from './choices.js'
import { heldOutEvaluation, isEvaluated } from './held-out-evaluation.js'
import { regime } from './regime.js'
import { trainingSteps } from './training-steps.js'
import { orThrow } from '../lib/or-throw.js'

/** What a run works with. */
export interface TrainingOptions {
  readonly choices: Choices
  readonly engine: Engine
  /** What the engine is, for people. */
  readonly engineTitle: string
  readonly checkpoint: ModelSource
  readonly clock: Clock
}

/** The one run of a feed. */
const RUN = 0

/**
 * A run as `entrain train` makes it, in this thread, as a feed. It starts with the first subscriber, and is evaluated
 * before its first step and every so many.
 *
 * @errors of the events: those of the pipeline, after a state that says the run failed
 */
export const trainingFeed = (options: TrainingOptions): Feed => {
  const { choices, engine, checkpoint } = options
  const { seed, steps } = choices
  const band = linearBand({ from: choices.from, to: choices.to, steps })
  const steering: Steering = { entropy: entropyControl(band), gate: gate(options.clock) }
  const stop$ = new Subject<void>()
  const control = runControl({ ...steering, stop: () => stop$.next() })
  const task = countdown()
  const rollouts = new Map<number, StepRollouts>()
  const info: RunInfo = {
    run: RUN,
    name: `${task.name}-${choices.algorithm}-${seed}`,
    heading: `${choices.algorithm} on ${task.name}, seed ${seed}, ${options.engineTitle}`,
    planned: steps,
    band: Array.from({ length: steps }, (_, step) => band(step)),
    steerable: true,
  }

  /** No batch is drawn and nothing is updated meanwhile: all answers are those of one version. */
  const evaluated = ({ policy }: LocalModel, step: number): Observable<FeedEvent> =>
    defer(() => {
      const open = steering.gate.hold({ updates: true })
      return heldOutEvaluation(yieldingPolicy(policy), task, seed).pipe(
        map(
          (evaluation) => ({ event: 'log', run: RUN, log: 'evaluations', lines: [{ ...evaluation, step }] }) as const,
        ),
        finalize(open),
      )
    })

  const reported = ({ report, seconds }: TimedStep): readonly FeedEvent[] => {
    rollouts.set(report.step, stepRollouts(report, task.tokenizer))
    return [
      { event: 'log', run: RUN, log: 'metrics', lines: [stepMetrics(report)] },
      { event: 'log', run: RUN, log: 'timings', lines: [seconds] },
    ]
  }

  const training$ = defer(() =>
    orThrow(localModel({ engine, checkpoint, seed, tokenizer: task.tokenizer, learningRate })),
  ).pipe(
    switchMap((model) =>
      concat(
        evaluated(model, 0),
        trainingSteps(choices, task, model, steering).pipe(
          concatMap((step) => {
            const done = step.report.step + 1
            return concat(reported(step), isEvaluated(done, steps) ? evaluated(model, done) : EMPTY)
          }),
        ),
      ),
    ),
    takeUntil(stop$),
  )

  const told = (state: RunState): FeedEvent => ({ event: 'state', run: RUN, state })
  const stopped$ = control.state$.pipe(
    take(1),
    map(({ status }) => status === 'stopping'),
  )
  const ended$ = stopped$.pipe(
    tap((stopped) => control.end(stopped ? 'interrupted' : 'finished')),
    ignoreElements(),
  )

  const events$ = concat(
    of<FeedEvent>({ event: 'runs', runs: [info] }),
    merge(
      control.state$.pipe(
        takeWhile((state) => !isOver(state), true),
        map(told),
      ),
      training$.pipe(
        concatWith(ended$),
        catchError((error: unknown) => {
          control.end('failed')
          return throwError(() => error)
        }),
      ),
    ),
  )
  return {
    events$: events$.pipe(shareReplay({ bufferSize: Infinity, refCount: false })),
    rollouts: (_run, step) => Promise.resolve(rollouts.get(step) ?? null),
    command: async (_run, command) => {
      control.execute(command)
      return Promise.resolve()
    },
  }
}

const learningRate = constantRate(regime.learningRate, regime.warmup)
