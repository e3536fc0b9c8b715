import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LearnerState } from '../../lib/checkpoint/training-state.js'
import { removePath } from '../../lib/file/remove-path.js'
import { writeHuggingFace } from '../../lib/model/hugging-face/write-folder.js'
import { writeAdapters } from '../../lib/model/lora/peft-folder.js'
import { inMemory, withWeights } from '../../lib/model/model-checkpoint.js'
import { writeModel } from '../../lib/model/model-file.js'
import { orThrow } from '../../lib/or-throw.js'
import { PlottedStepCodec } from '../../lib/plot/plotted-run.js'
import { writePlots } from '../../lib/plot/write-plots.js'
import type { RunHistory } from '../../lib/run/history.js'
import { readJsonLines } from '../../lib/run/json-lines.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { readTokenizerFiles } from '../../lib/tokenizer/read-tokenizer.js'
import { explain } from '../exit.js'
import { untilWritten } from './wait-for-disk.js'
import type { FollowedRun } from './follow-run.js'
import type { TrainingRun } from './open-run.js'
import type { LastState } from './run-checkpoints.js'

/** End of the steps of a run. */
export interface RunEnd {
  /** Whether an error ended the steps. */
  readonly hasFailed: boolean
  /** Gets the state of the learner after the last step. */
  readonly lastState: LastState
}

/** Saves the trained weights, and then draws the plots unless a second signal came. @errors CheckpointError, FileError, PipelineError: weights that cannot be saved */
export const saveResults = async (
  run: TrainingRun,
  { view }: FollowedRun,
  { hasFailed, lastState }: RunEnd,
): Promise<void> => {
  try {
    const state = await lastState()
    await untilWritten(run, () => saveModel(run, state, view.history))
  } catch (error) {
    if (!hasFailed) throw error
    // The failed engine may hold the weights. The command reports the error of the run, so this error is only noted.
    run.terminal.note(`no file of the trained model is written: ${explain(error)}`)
  } finally {
    if (!run.interruption.isHurried()) await drawPlots(run, view.history)
  }
}

/** Draws the plots of the run. A failure is noted and does not fail the run. */
export const drawPlots = async ({ config, folder, terminal }: TrainingRun, { steps }: RunHistory): Promise<void> => {
  if (steps === 0) return
  const plots = await pipe(
    readJsonLines(join(folder, runFiles.metrics), PlottedStepCodec),
    TE.chain((metrics) => writePlots(folder, metrics, `${config.algorithm} on ${config.task}, seed ${config.seed}`)),
  )()
  if (E.isLeft(plots)) terminal.note(`the plots are missing: ${explain(plots.left)}`)
}

/** Saves adapters as a PEFT folder, and weights in the format that they were read from. Weights on a service stay there. */
const saveModel = async (
  { config, base: { source, path, kind }, folder, terminal }: TrainingRun,
  state: LearnerState,
  history: RunHistory,
): Promise<void> => {
  if ('savedAs' in state) {
    terminal.note(`the weights are at the service that trained them: ${state.savedAs}`)
    return
  }
  const { parameters } = state
  const { lora } = source.config
  // A run that was killed while it saved has left them.
  for (const name of [runFiles.adapter, runFiles.model]) await orThrow(removePath(join(folder, name)))
  if (lora !== undefined)
    await orThrow(writeAdapters(join(folder, runFiles.adapter), { config: lora, parameters }, path))
  const metadata = { ...source.metadata, ...trainingMetadata(config, history) }
  const trained = withWeights({ ...source, metadata }, parameters)
  if (kind === 'own') await orThrow(writeModel(join(folder, runFiles.checkpoint), await inMemory(trained)))
  else if (lora === undefined) {
    const tokenizer = kind === 'folder' ? { source: path } : { files: await orThrow(readTokenizerFiles(path)) }
    await orThrow(writeHuggingFace(join(folder, runFiles.model), trained, tokenizer))
  }
}

const trainingMetadata = (
  { algorithm, task, seed }: TrainingRun['config'],
  { steps, latest }: RunHistory,
): Readonly<Record<string, string>> => {
  const controller = latest?.metrics.controller ?? null
  return {
    trained: `${algorithm} on ${task}, seed ${seed}, ${steps} steps`,
    ...(controller === null ? {} : { controller: JSON.stringify(controller) }),
  }
}
