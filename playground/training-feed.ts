import {
  BehaviorSubject,
  catchError,
  concat,
  concatMap,
  concatWith,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  type Observable,
  of,
  range,
  shareReplay,
  Subject,
  switchMap,
  take,
  takeUntil,
  throwError,
} from 'rxjs'
import type { Feed, FeedEvent, RunInfo } from '../dashboard/feed.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { linear } from '../lib/entropy/schedule/linear.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { type LocalModel, localModel } from '../lib/policy/local/local-model.js'
import type { Clock } from '../lib/run/clock.js'
import { gate } from '../lib/run/gate.js'
import type { RunState } from '../lib/run/run-state.js'
import { stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import { stageAccounts, type TimedStep } from '../lib/run/step-seconds.js'
import { timedLearner, timedPolicy } from '../lib/run/timed-ports.js'
import { countdown } from '../lib/task/countdown/index.js'
import { entropyControl } from '../operators/entropy-control.js'
import { runControl } from '../operators/run-control.js'
import { pipelines } from '../pipelines/index.js'
import { attentivePolicy } from './attentive-policy.js'
import type { Choices } from './choices.js'
import { heldOutEvaluation, isEvaluated } from './held-out-evaluation.js'
import { regime } from './regime.js'

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
export const trainingFeed = ({ choices, engine, engineTitle, checkpoint, clock }: TrainingOptions): Feed => {
  const { algorithm, seed, steps, prompts } = choices
  const band = linear({ from: choices.from, to: choices.to, steps })
  const entropy = entropyControl(band)
  const draws = gate(clock)
  const stop$ = new Subject<void>()
  const control = runControl({ entropy, gate: draws, stop: () => stop$.next() })
  const over$ = new BehaviorSubject(false)
  const task = countdown()
  const kept = new Map<number, StepRollouts>()
  const info: RunInfo = {
    run: RUN,
    name: `${task.name}-${algorithm}-${seed}`,
    heading: `${algorithm} on ${task.name}, seed ${seed}, ${engineTitle}`,
    planned: steps,
    band: Array.from({ length: steps }, (_, step) => band(step)),
    steerable: true,
  }

  const pipeline = ({ policy, learner }: LocalModel): Observable<TimedStep> => {
    const accounts = stageAccounts(draws.clock, () => null)
    return pipelines[algorithm]
      .create(
        {
          policy: attentivePolicy(draws.gated(timedPolicy(policy, draws.clock, accounts.record))),
          learner: timedLearner(learner, draws.clock, accounts.record),
          verifier: task.verifier,
          rewardScale: task.rewardScale,
          prompts: task.prompts('train', seed),
        },
        {
          control: entropy,
          steps,
          sampling: { group: regime.group, maxTokens: regime.maxTokens, seed },
          flow: { prompts },
        },
      )
      .pipe(accounts.timed)
  }

  /** No batch is drawn meanwhile: all answers are those of one version. */
  const evaluated = ({ policy }: LocalModel, step: number): Observable<FeedEvent> =>
    defer(() => {
      const open = draws.hold()
      return heldOutEvaluation(attentivePolicy(policy), task, seed).pipe(
        map((evaluation): FeedEvent => ({
          event: 'log',
          run: RUN,
          log: 'evaluations',
          lines: [{ ...evaluation, step }],
        })),
        finalize(open),
      )
    })

  const reported = ({ report, seconds }: TimedStep): readonly FeedEvent[] => {
    kept.set(report.step, stepRollouts(report, task.tokenizer))
    return [
      { event: 'log', run: RUN, log: 'metrics', lines: [stepMetrics(report)] },
      { event: 'log', run: RUN, log: 'timings', lines: [seconds] },
    ]
  }

  const trained = (model: LocalModel): Observable<FeedEvent> =>
    concat(
      evaluated(model, 0),
      pipeline(model).pipe(
        concatMap((step) => {
          const done = step.report.step + 1
          return concat(reported(step), isEvaluated(done, steps) ? evaluated(model, done) : EMPTY)
        }),
      ),
    )

  const training$ = defer(() =>
    localModel({
      engine,
      checkpoint,
      tokenizer: task.tokenizer,
      learningRate: constantRate(regime.learningRate, regime.warmup),
      seed,
    }),
  ).pipe(switchMap(trained), takeUntil(stop$))

  const told = (state: RunState): FeedEvent => ({ event: 'state', run: RUN, state })
  const ended = (failed: boolean): Observable<FeedEvent> =>
    defer(() => {
      over$.next(true)
      return control.state$.pipe(
        take(1),
        map(({ status, hand }) =>
          told({ status: failed ? 'failed' : status === 'stopping' ? 'interrupted' : 'finished', hand }),
        ),
      )
    })

  const events$ = concat(
    of<FeedEvent>({ event: 'runs', runs: [info] }),
    merge(
      control.state$.pipe(map(told), takeUntil(over$.pipe(filter((over) => over)))),
      training$.pipe(
        concatWith(ended(false)),
        catchError((error: unknown) =>
          concat(
            ended(true),
            throwError(() => error),
          ),
        ),
      ),
    ),
  )
  return {
    events$: events$.pipe(shareReplay()),
    rollouts: (_run, step) => Promise.resolve(kept.get(step) ?? null),
    command: async (_run, command) => {
      if (over$.value) throw new RangeError('this run is over')
      control.obey(command)
      return Promise.resolve()
    },
  }
}
