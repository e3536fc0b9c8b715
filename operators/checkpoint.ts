import {
  concatMap,
  defer,
  endWith,
  from,
  ignoreElements,
  map,
  type MonoTypeOperatorFunction,
  type ObservableInput,
  of,
} from 'rxjs'
import type { LearnerState, TrainingState } from '../lib/checkpoint/training-state.js'
import { initialPipelineState, type PipelineState, pipelineStateAfter } from '../lib/control/pipeline-state.js'
import { checkOption, integerFrom } from '../lib/option.js'
import { orThrow } from '../lib/or-throw.js'
import type { Learner } from '../lib/policy/learner.js'
import type { StepReport } from '../lib/report/step-report.js'
import { inTurn } from './in-turn.js'

/** State of a run between two steps: that of its pipeline, and that of its learner. */
export interface TrainingCheckpoint<State extends LearnerState = TrainingState> {
  readonly pipeline: PipelineState
  readonly learner: State
}

/** Options of {@link checkpoint}. */
export interface CheckpointOptions<State extends LearnerState = TrainingState> {
  /** Number of steps between two checkpoints, or a function that returns whether one follows a number of finished steps. */
  readonly every: number | ((steps: number) => boolean)
  /** Stores a state. The next step is passed on when it completes. */
  readonly write: (state: TrainingCheckpoint<State>) => ObservableInput<unknown>
  /** State that the run was resumed from; by default the run starts. */
  readonly resumeFrom?: PipelineState | undefined
}

/**
 * Stores the state of a run after some of its steps, so that a run can go on from it.
 *
 *     reports    -a-b-------c-|      every: 2
 *     learner      s                 snapshot, when b arrives
 *     write        ---w|             of the state after b
 *     output     -a----b----c-|
 *
 * The learner is read when the report arrives, before its next update. The learner and the pipeline resume from what `write` got:
 * `localModel({ state })` or `tinkerService({ state })`, and the option `resumeFrom` of a training pipeline.
 *
 * @errors RangeError, thrown by the call, for a number of steps that is no integer >= 1; CheckpointError when the learner cannot
 *         be read; every error of `write`
 * @example
 * const write = (state: TrainingCheckpoint) => orThrow(saveRun('runs/mine', state))
 * pipeline(ports, options).pipe(checkpoint(model.learner, { every: 50, write })).subscribe()
 */
export const checkpoint = <State extends LearnerState>(
  learner: Pick<Learner<State>, 'snapshot'>,
  { every, write, resumeFrom = initialPipelineState }: CheckpointOptions<State>,
): MonoTypeOperatorFunction<StepReport> => {
  if (typeof every === 'number') checkOption('every', every, integerFrom(1))
  const isDue = typeof every === 'number' ? (steps: number) => steps % every === 0 : every
  return (reports$) =>
    defer(() => {
      let pipeline = resumeFrom
      return reports$.pipe(
        map((report) => {
          pipeline = pipelineStateAfter(pipeline, report)
          const state = pipeline
          if (!isDue(state.step)) return { report, saving: null, state }
          const saving = orThrow(learner.snapshot())
          // A failure is reported when the state is written. This handler keeps Node from ending the process before that.
          saving.catch(() => undefined)
          return { report, saving, state }
        }),
        inTurn(({ report, saving, state }) =>
          saving === null
            ? of(report)
            : from(saving).pipe(
                concatMap((learner) => write({ pipeline: state, learner })),
                ignoreElements(),
                endWith(report),
              ),
        ),
      )
    })
}
