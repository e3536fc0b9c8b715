import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { LearnerState } from '../../lib/checkpoint/training-state.js'
import { initialPipelineState, type PipelineState } from '../../lib/control/pipeline-state.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { removeRests } from '../../lib/run/checkpoint/prune-checkpoints.js'
import {
  checkCheckpoint,
  checkpointSteps,
  type IntactCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  readSavedCheckpoint,
} from '../../lib/run/checkpoint/read-checkpoint.js'
import type { RunCheckpoint } from '../../lib/run/checkpoint/run-checkpoint.js'
import { cutRun, requireLogs } from '../../lib/run/cut-logs.js'
import { addStep, emptyHistory, type RunHistory } from '../../lib/run/history.js'
import { readJsonLines } from '../../lib/run/json-lines.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type StepEvaluation, StepEvaluationCodec } from '../../lib/run/step-evaluation.js'
import { StepMetricsCodec } from '../../lib/run/step-metrics.js'
import { isMissing } from '../../lib/file/missing-file.js'
import { StepSecondsCodec } from '../../lib/timing/step-seconds.js'
import { ConfigError } from '../config/config-error.js'
import { explain } from '../exit.js'
import type { Terminal } from '../terminal.js'

/** State from which a run starts, and the logs of the steps before it. */
export interface RunStart {
  readonly pipeline: PipelineState
  /** State of the learner; null for the weights of the starting model. */
  readonly learner: LearnerState | null
  /** Sizes to which the logs are cut; a log without one is cut to nothing. @units bytes */
  readonly logs: RunCheckpoint['logs']
  readonly history: RunHistory
  readonly evaluations: readonly StepEvaluation[]
}

/** Start of a new run. */
export const newStart: RunStart = {
  pipeline: initialPipelineState,
  learner: null,
  logs: {},
  history: emptyHistory,
  evaluations: [],
}

/** Evaluation of the starting model in the logs of a run; null if it was not evaluated. */
export const baseEvaluation = ({ evaluations }: Pick<RunStart, 'evaluations'>): Evaluation | null => {
  const first = evaluations.find(({ step }) => step === 0)
  if (first === undefined) return null
  const { prompts, samples, meanAtK, passAtK, majAtK, meanTokens, truncated } = first
  // JSON has null in place of NaN.
  return { prompts, samples, meanAtK, passAtK, majAtK, meanTokens, truncated: truncated ?? NaN }
}

/**
 * Reads the newest intact checkpoint of a run, or that of a step; null for a run without one, which starts again from its first
 * step. `note` receives the damaged checkpoints after it.
 *
 * @errors ConfigError if there is no checkpoint of the step; CheckpointError, also if that checkpoint is damaged
 */
export const checkpointToResume = async (
  run: string,
  from: number | null,
  { note }: Pick<Terminal, 'note'>,
): Promise<RunCheckpoint<LearnerState> | null> => {
  const { checkpoint, damaged } =
    from === null ? await orThrow(newestCheckpoint(run)) : { checkpoint: await checkpointOf(run, from), damaged: [] }
  for (const error of damaged) note(`checkpoint not used: ${explain(error)}`)
  note(
    checkpoint === null
      ? `${run} has no intact checkpoint: it starts again from its first step`
      : `${run} goes on from ${checkpoint.folder}`,
  )
  if (checkpoint === null) return null
  return 'savedAs' in checkpoint.state.learner
    ? rightOrThrow(readSavedCheckpoint(checkpoint))
    : orThrow(readCheckpoint(checkpoint))
}

/**
 * Returns the start of a run from a checkpoint. The logs are read up to the sizes that the checkpoint has recorded, and stay as they
 * are, because a run that cannot start must not lose its last steps.
 *
 * @errors FileError for a log that is shorter than its recorded size, and for one that cannot be read
 */
export const startFrom = async (run: string, checkpoint: RunCheckpoint<LearnerState> | null): Promise<RunStart> => {
  const { pipeline, learner } = checkpoint ?? newStart
  const logs = checkpoint?.logs ?? {}
  await orThrow(requireLogs(run, logs))
  return {
    pipeline,
    learner,
    logs,
    history: await readHistory(run, logs),
    evaluations: await readLog(run, 'evaluations', StepEvaluationCodec, logs),
  }
}

/**
 * Cuts the logs of a run back to its start, and removes the rest of a save that was interrupted.
 *
 * @errors CheckpointError, FileError
 */
export const cutBack = async (run: string, { pipeline, logs }: Pick<RunStart, 'pipeline' | 'logs'>): Promise<void> => {
  const later = (await orThrow(checkpointSteps(run))).filter((step) => step > pipeline.step)
  await orThrow(removeRests(run))
  await orThrow(cutRun(run, logs, later))
}

/** Checks the checkpoint of a step. @errors ConfigError if there is none; CheckpointError if it is damaged */
const checkpointOf = async (run: string, from: number): Promise<IntactCheckpoint> => {
  const steps = await orThrow(checkpointSteps(run))
  if (!steps.includes(from))
    throw new ConfigError([
      `--from: found ${from}, expected the step of a checkpoint of ${run}${steps.length === 0 ? ', which has none' : `: ${steps.join(', ')}`}`,
    ])
  return orThrow(checkCheckpoint(run, from))
}

const readHistory = async (run: string, logs: RunStart['logs']): Promise<RunHistory> => {
  const metrics = await readLog(run, 'metrics', StepMetricsCodec, logs)
  const seconds = await readLog(run, 'timings', StepSecondsCodec, logs)
  return pipe(
    RA.zipWith(metrics, seconds, (metrics, seconds) => ({ metrics, seconds })),
    RA.reduce(emptyHistory, addStep),
  )
}

/**
 * Reads a log up to its size in `sizes`, or the whole log without `sizes`; a log that does not exist has no lines.
 *
 * @units sizes: bytes
 * @errors rejects with FileError
 */
export const readLog = async <A>(
  run: string,
  log: 'metrics' | 'timings' | 'evaluations' | 'resumptions',
  codec: Parameters<typeof readJsonLines<A>>[1],
  sizes?: RunStart['logs'],
): Promise<readonly A[]> => {
  const name = runFiles[log]
  try {
    return await orThrow(readJsonLines(join(run, name), codec, sizes === undefined ? Infinity : (sizes[name] ?? 0)))
  } catch (error) {
    if (error instanceof Error && isMissing(error.cause)) return []
    throw error
  }
}
