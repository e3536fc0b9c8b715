import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { concat, defer, EMPTY, from, ignoreElements, type Observable, Subscription, tap, using } from 'rxjs'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { LearnerState, TrainingState } from '../../lib/checkpoint/training-state.js'
import { type PipelineState, pipelineStateAfter } from '../../lib/control/pipeline-state.js'
import type { Ending } from '../../lib/control/run-state.js'
import { orThrow } from '../../lib/or-throw.js'
import type { StepReport } from '../../lib/report/step-report.js'
import { checkCheckpoint, readCheckpoint } from '../../lib/run/checkpoint/read-checkpoint.js'
import { pruneCheckpoints } from '../../lib/run/checkpoint/prune-checkpoints.js'
import { writeCheckpoint } from '../../lib/run/checkpoint/write-checkpoint.js'
import { syncLogs } from '../../lib/run/cut-logs.js'
import { sum } from '../../lib/statistics.js'
import { explain } from '../exit.js'
import { processClock } from '../gauges.js'
import { untilWritten } from './wait-for-disk.js'
import { evaluateHeldOut, isEvaluatedAfter } from './evaluate-run.js'
import { limitPorts } from './limit-ports.js'
import type { TrainingRun } from './open-run.js'
import type { TrainedModel } from './trained-model.js'

/** Evaluations and checkpoints of a run between its steps. */
export interface RunCheckpoints {
  /** Evaluates the model that the run starts with, if an evaluation was due after its last step and is not in the log. */
  readonly evaluateStart: () => Observable<never>
  /** Records a step. */
  readonly record: (report: StepReport) => void
  /** Evaluates and saves if one of them is due after the recorded steps. Updates and rollouts wait until it ends. */
  readonly afterStep: () => Observable<never>
  /**
   * Saves the recorded steps, unless they are saved. Returns the state of the last step, so that the trained weights are not copied
   * from the engine again; null if it was not copied. The failure of a run that has failed before is noted.
   */
  readonly saveLast: (status: Ending) => Promise<LearnerState | null>
}

/** Shortest and longest time between two checkpoints. @units seconds */
const SHORTEST = 5
const LONGEST = 600

/**
 * Time between two checkpoints of `--checkpoint-every auto`, of which each takes so long. They cost less than 1% of the time, unless
 * that is more than 10 minutes.
 *
 * @units seconds
 */
export const checkpointInterval = (seconds: number): number => Math.min(LONGEST, Math.max(SHORTEST, 100 * seconds))

/** Reads the state of the learner from a checkpoint. @errors CheckpointError */
const readLearner = (folder: string, step: number): TE.TaskEither<CheckpointError, TrainingState> =>
  pipe(
    checkCheckpoint(folder, step),
    TE.chain(readCheckpoint),
    TE.map(({ learner }) => learner),
  )

/** Creates the evaluations and checkpoints of a run. */
export const runCheckpoints = (run: TrainingRun, model: TrainedModel): RunCheckpoints => {
  const { config, folder, start, steering, terminal } = run
  const { every, keep } = config.checkpoints
  const { learner } = limitPorts(config, model)
  let state: PipelineState = start.pipeline
  let version = start.learner?.version ?? 0
  let saved = start.pipeline.step
  let lastEnd = processClock()
  let interval = checkpointInterval(0)
  let last: LearnerState | null = null
  const isDue = () => {
    if (every === 'auto') return processClock() - lastEnd >= interval
    return every > 0 && state.step % every === 0
  }
  const save = async (score: number | null, isLast: boolean): Promise<void> => {
    const begin = processClock()
    const saving = state
    // The state is read before anything is awaited, so that it is that of the recorded steps.
    const snapshot = learner.snapshot()()
    const { inputs, usedEngine: engine } = run
    const checkpoint = { learner: await orThrow(() => snapshot), pipeline: saving, score, inputs, engine }
    requireVersion(checkpoint.learner, version)
    await untilWritten(run, async () => {
      const logs = await syncLogs(folder)
      await orThrow(writeCheckpoint(folder, { ...checkpoint, logs }))
    })
    model.recoverFrom(checkpoint.learner.version, readLearner(folder, saving.step))
    await orThrow(pruneCheckpoints(folder, keep))
    await run.spare.reserve(bytesOf(checkpoint.learner))
    saved = saving.step
    if (isLast) last = checkpoint.learner
    lastEnd = processClock()
    interval = checkpointInterval(lastEnd - begin)
  }
  const isEvaluatedAtStart = start.evaluations.some(({ step }) => step === state.step)
  return {
    evaluateStart: () =>
      isEvaluatedAtStart || state.step === 0 || !isEvaluatedAfter(config, state.step)
        ? EMPTY
        : evaluateHeldOut(run, model, state.step).pipe(ignoreElements()),
    record: (report) => {
      state = pipelineStateAfter(state, report)
      version = report.outcome.version
    },
    afterStep: () => {
      const isEvaluated = isEvaluatedAfter(config, state.step)
      if (!isEvaluated && !isDue()) return EMPTY
      let score: number | null = null
      const evaluation$ = isEvaluated
        ? evaluateHeldOut(run, model, state.step).pipe(
            tap(({ evaluation }) => {
              score = evaluation.meanAtK.value
            }),
          )
        : EMPTY
      return using(
        () => new Subscription(steering.gate.hold({ updates: true })),
        () =>
          concat(evaluation$, every === 0 ? EMPTY : defer(() => from(save(score, state.step === config.steps)))).pipe(
            ignoreElements(),
          ),
      )
    },
    saveLast: async (status) => {
      if (every === 0 || state.step <= saved) return last
      try {
        await save(null, true)
      } catch (error) {
        if (status !== 'failed') throw error
        // The failed engine may hold the weights. The command reports the error of the run, so this error is only noted.
        terminal.note(`the steps after step ${saved} are not saved: ${explain(error)}`)
      }
      return last
    },
  }
}

/** Checks that the weights are those of the last step that is logged. A step that failed after its update has newer ones. */
const requireVersion = ({ version }: LearnerState, logged: number): void => {
  if (version !== logged)
    throw new CheckpointError(
      'snapshot',
      `weights of version ${version}`,
      `version ${logged}, that of the last logged step`,
    )
}

/** Size of the tensors of a state; 0 if a service keeps them. @units bytes */
const bytesOf = (state: LearnerState): number =>
  'savedAs' in state
    ? 0
    : sum(
        [state.parameters, state.firstMoments, state.secondMoments].flatMap((tensors) =>
          [...tensors.values()].map(({ data }) => data.byteLength),
        ),
      )
