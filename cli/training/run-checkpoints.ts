import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { concatMap, defaultIfEmpty, EMPTY, ignoreElements, map, type Observable, of } from 'rxjs'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { LearnerState, TrainingState } from '../../lib/checkpoint/training-state.js'
import { type PipelineState, pipelineStateAfter } from '../../lib/control/pipeline-state.js'
import { orThrow } from '../../lib/or-throw.js'
import type { StepReport } from '../../lib/report/step-report.js'
import { checkCheckpoint, readCheckpoint, readSavedCheckpoint } from '../../lib/run/checkpoint/read-checkpoint.js'
import type { RunCheckpoint } from '../../lib/run/checkpoint/run-checkpoint.js'
import { pruneCheckpoints } from '../../lib/run/checkpoint/prune-checkpoints.js'
import { writeCheckpoint } from '../../lib/run/checkpoint/write-checkpoint.js'
import { syncLogs } from '../../lib/run/cut-logs.js'
import { sum } from '../../lib/statistics.js'
import { explain } from '../exit.js'
import { processClock } from '../gauges.js'
import { untilWritten } from './wait-for-disk.js'
import { evaluateHeldOut, isEvaluatedAfter } from './evaluate-run.js'
import { limitPorts } from './limit-ports.js'
import { type TrainingRun, withUsedAdapters } from './open-run.js'
import type { TrainedModel } from './trained-model.js'

/** Gets the state of the learner after the last step. @errors rejects with CheckpointError, and with the errors of the learner */
export type LastState = () => Promise<LearnerState>

/** Evaluations and checkpoints of a run between its steps. */
export interface RunCheckpoints {
  /** Evaluates the model that the run starts with, if an evaluation was due after its last step and is not in the log. */
  readonly evaluateStart: () => Observable<never>
  /** Records a step. */
  readonly record: (report: StepReport) => void
  /** Evaluates and saves if one of them is due after the recorded steps. The caller holds updates and rollouts until it ends. */
  readonly afterStep: () => Observable<never>
  /**
   * Saves the recorded steps, unless they are saved, and returns a function that gets the state of the last step. The engine is asked
   * for the state at most once. It is not asked if the run has failed right after a checkpoint, because it may not answer, and the
   * checkpoint has the same state. If a run that has failed cannot be saved, this is noted.
   */
  readonly saveLast: (hasFailed: boolean) => Promise<LastState>
}

/** Shortest and longest time between two checkpoints. @units seconds */
const SHORTEST = 5
const LONGEST = 600

/**
 * Returns the time between two checkpoints of `--checkpoint-every auto` from the time that one takes: a hundred times as long, so that
 * checkpoints cost less than 1% of the time, but at most 10 minutes.
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

/** Reads the state of the learner from a checkpoint, or the name that a service keeps it under. @errors CheckpointError */
const readState = (folder: string, step: number): TE.TaskEither<CheckpointError, LearnerState> =>
  pipe(
    checkCheckpoint(folder, step),
    TE.chain((checkpoint): TE.TaskEither<CheckpointError, Pick<RunCheckpoint<LearnerState>, 'learner'>> =>
      'savedAs' in checkpoint.state.learner
        ? TE.fromEither(readSavedCheckpoint(checkpoint))
        : readCheckpoint(checkpoint),
    ),
    TE.map(({ learner }) => learner),
  )

/** State of a run after the last step that was recorded. */
interface RecordedSteps {
  readonly pipeline: PipelineState
  /** Version of the weights. */
  readonly version: number
}

/** Creates the evaluations and checkpoints of a run. */
export const runCheckpoints = (run: TrainingRun, model: TrainedModel): RunCheckpoints => {
  const { config, folder, start, terminal } = run
  const { every } = config.checkpoints
  const schedule = createSchedule(every)
  const { learner } = limitPorts(config, model)
  const { write, tidy } = checkpointWriter(run, model)
  let recorded: RecordedSteps = { pipeline: start.pipeline, version: start.learner?.version ?? 0 }
  let saved = start.pipeline.step
  let last: LearnerState | null = null
  const done = () => recorded.pipeline.step
  const save = async (score: number | null, isLast: boolean): Promise<void> => {
    const steps = recorded
    const begin = processClock()
    // The state is read before anything is awaited, so that it is that of the recorded steps.
    const state = await orThrow(learner.snapshot())
    if (isLast) last = state
    await write(steps, state, score)
    saved = steps.pipeline.step
    await tidy(state)
    schedule.measure(begin)
  }
  const evaluate = (): Observable<number | null> =>
    evaluateHeldOut(run, model, done()).pipe(
      map(({ evaluation }) => evaluation.meanAtK.value),
      // An interruption ends the evaluation without a score.
      defaultIfEmpty(null),
    )
  const isEvaluatedAtStart = start.evaluations.some(({ step }) => step === start.pipeline.step)
  return {
    evaluateStart: () =>
      isEvaluatedAtStart || done() === 0 || !isEvaluatedAfter(config, done())
        ? EMPTY
        : evaluate().pipe(ignoreElements()),
    record: (report) => {
      recorded = { pipeline: pipelineStateAfter(recorded.pipeline, report), version: report.outcome.version }
    },
    afterStep: () => {
      const isEvaluated = isEvaluatedAfter(config, done())
      if (!isEvaluated && !schedule.isDue(done())) return EMPTY
      const score$: Observable<number | null> = isEvaluated ? evaluate() : of(null)
      return score$.pipe(
        concatMap((score) => (every === 0 ? EMPTY : save(score, done() === config.steps))),
        ignoreElements(),
      )
    },
    saveLast: async (hasFailed) => {
      if (every !== 0 && done() > saved)
        try {
          await save(null, true)
        } catch (error) {
          if (!hasFailed) throw error
          // The failed engine may hold the weights. The command reports the error of the run, so this error is only noted.
          terminal.note(`the steps after step ${saved} are not saved: ${explain(error)}`)
          if (last === null) return () => Promise.reject(E.toError(error))
        }
      const copied = last
      if (copied !== null) return () => Promise.resolve(copied)
      if (hasFailed && saved > 0 && saved === done()) return () => orThrow(readState(folder, saved))
      return () => orThrow(learner.snapshot())
    },
  }
}

/** Decides after which steps a checkpoint is due: every N steps, or at the interval that follows from the time of a checkpoint. */
const createSchedule = (every: number | 'auto') => {
  let lastEnd = processClock()
  let interval = checkpointInterval(0)
  return {
    isDue: (step: number): boolean =>
      every === 'auto' ? processClock() - lastEnd >= interval : every > 0 && step % every === 0,
    /** Sets the interval by the time of a checkpoint that began at a time and ends now. @units seconds */
    measure: (begin: number): void => {
      lastEnd = processClock()
      interval = checkpointInterval(lastEnd - begin)
    },
  }
}

/** Returns the functions that write a checkpoint of the recorded steps, and that make room afterwards. */
const checkpointWriter = (run: TrainingRun, model: TrainedModel) => {
  const { folder, inputs, usedEngine: engine, terminal } = run
  const config = withUsedAdapters(run.config, run.base)
  const unread = new Set<string>()
  /** Notes once why an old checkpoint stays. */
  const noteUnread = (problem: string): void => {
    if (!unread.has(problem)) terminal.note(`an old checkpoint stays: ${problem}`)
    unread.add(problem)
  }
  return {
    /** @errors rejects with CheckpointError or FileError */
    write: async ({ pipeline, version }: RecordedSteps, learner: LearnerState, score: number | null): Promise<void> => {
      requireVersion(learner, version)
      await untilWritten(run, async () => {
        const logs = await syncLogs(folder)
        await orThrow(writeCheckpoint(folder, { learner, pipeline, score, inputs, engine, config, logs }))
      })
      model.recoverFrom(learner.version, readLearner(folder, pipeline.step))
    },
    /** Removes superfluous checkpoints. The new one is whole, so a failure is only noted, and the next save tries again. */
    tidy: async (learner: LearnerState): Promise<void> => {
      const pruned = await pruneCheckpoints(folder, config.checkpoints.keep)()
      if (E.isLeft(pruned)) terminal.note(`old checkpoints are not removed: ${explain(pruned.left)}`)
      else for (const error of pruned.right) noteUnread(explain(error))
      await run.spare.reserve(bytesOf(learner))
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
