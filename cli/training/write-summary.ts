import { join } from 'node:path'
import type { Ending } from '../../lib/control/run-state.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'
import { inBandShare, medianStepSeconds } from '../../lib/run/history.js'
import { promptAccount } from '../../lib/run/prompt-account.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type RunSummary, RunSummaryCodec } from '../../lib/run/summary.js'
import type { RunView } from '../display/view.js'
import type { TrainingRun } from './open-run.js'

/** Summary of a run that has ended. */
export type EndedSummary = RunSummary & { readonly status: Ending }

/** Writes the summary of a run into its folder. @errors FileError */
export const writeSummary = (folder: string, summary: RunSummary): Promise<void> =>
  orThrow(writeWhole(join(folder, runFiles.summary), `${JSON.stringify(RunSummaryCodec.encode(summary), null, 2)}\n`))

/**
 * Summary of a run before the trained model is evaluated; `base` is null if the base model was not evaluated. `unfinished` is the
 * number of prompts of steps that the run did not finish.
 */
export const summaryOf = <S extends RunSummary['status']>(
  { config, engine }: Pick<TrainingRun, 'config' | 'engine'>,
  { history }: RunView,
  status: S,
  base: Evaluation | null,
  unfinished = 0,
): RunSummary & { readonly status: S } => ({
  task: config.task,
  algorithm: config.algorithm,
  seed: config.seed,
  engine: engine.name,
  status,
  failure: null,
  planned: config.steps,
  steps: history.steps,
  skipped: history.skipped,
  refused: history.refused,
  limitBreach: history.limitBreach,
  prompts: promptAccount(history.prompts, unfinished),
  inBandShare: inBandShare(history),
  stepSeconds: medianStepSeconds(history),
  secondsByStage: history.secondsByStage,
  base,
  trained: null,
  compared: null,
})
