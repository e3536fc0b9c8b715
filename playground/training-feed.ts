import {
  catchError,
  concat,
  concatWith,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  shareReplay,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
} from 'rxjs'
import type { Feed, FeedEvent, RunInfo } from '../dashboard/feed.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import { gate } from '../lib/control/gate.js'
import { type RunControl, runControl, type EntropyAndGate } from '../lib/control/run-control.js'
import { isOver } from '../lib/control/run-state.js'
import type { Schedule } from '../lib/entropy/band.js'
import { linearBand } from '../lib/entropy/schedule/linear.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import type { EngineRestart } from '../lib/policy/local/restart-engines.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import { countdown } from '../lib/task/countdown/index.js'
import type { Clock } from '../lib/timing/clock.js'
import type { Choices } from './choices.js'
import { RUN, trainingEvents } from './training-events.js'

export interface TrainingOptions {
  readonly choices: Choices
  readonly engine: Engine
  /** Display name of the engine. */
  readonly engineTitle: string
  readonly checkpoint: ModelSource
  readonly clock: Clock
  /** Receives each restart of the engine after the loss of its GPU. */
  readonly onRestart: (restart: EngineRestart) => void
}

/**
 * Returns the feed of a run of `entrain train` in this thread. The run starts with the first subscriber. A later
 * subscriber gets the same events from the first one on.
 *
 * @errors of the events: the errors of the training pipeline, after a state that says that the run failed
 */
export const trainingFeed = (options: TrainingOptions): Feed => {
  const { choices, clock } = options
  const band = linearBand({ from: choices.from, to: choices.to, steps: choices.steps })
  const steering: EntropyAndGate = { entropy: entropyControl(band), gate: gate(clock) }
  const stop$ = new Subject<void>()
  const control = runControl({ ...steering, stop: () => stop$.next() })
  const task = countdown()
  const rollouts = new Map<number, StepRollouts>()
  const keep = (each: StepRollouts) => rollouts.set(each.step, each)
  const training$ = trainingEvents({ ...options, task, steering, keep }).pipe(takeUntil(stop$))
  const events$ = concat(
    of<FeedEvent>({ event: 'runs', runs: [runInfo(options, task.name, band)] }),
    merge(stateEvents(control), training$.pipe(endOf(control))),
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

const runInfo = ({ choices, engineTitle }: TrainingOptions, task: string, band: Schedule): RunInfo => {
  const { algorithm, seed, steps } = choices
  return {
    run: RUN,
    name: `${task}-${algorithm}-${seed}`,
    heading: `${algorithm} on ${task}, seed ${seed}, ${engineTitle}`,
    planned: steps,
    band: [...new Set([0, steps - 1])].map((step) => ({ step, band: band(step) })),
    folder: null,
    steerable: true,
  }
}

/** The state of the run, each time that it changes; the state that ends the run is the last. */
const stateEvents = ({ state$ }: RunControl): Observable<FeedEvent> =>
  state$.pipe(
    takeWhile((state) => !isOver(state), true),
    map((state) => ({ event: 'state', run: RUN, state })),
  )

/** Sets the final state of the run when its training ends. */
const endOf =
  (control: RunControl) =>
  (training$: Observable<FeedEvent>): Observable<FeedEvent> =>
    training$.pipe(
      concatWith(endWithoutError(control)),
      catchError((error: unknown) => {
        control.end('failed')
        return throwError(() => error)
      }),
    )

const endWithoutError = (control: RunControl): Observable<never> =>
  control.state$.pipe(
    take(1),
    tap(({ status }) => control.end(status === 'stopping' ? 'interrupted' : 'finished')),
    ignoreElements(),
  )
