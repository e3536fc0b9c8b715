import { join } from 'node:path'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'
import {
  inBandShare,
  limitBreach,
  medianStepSeconds,
  refusedUpdates,
  secondsByStage,
  skippedSteps,
} from '../../lib/run/history.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type RunSummary, RunSummaryCodec } from '../../lib/run/summary.js'
import type { RunView } from '../display/view.js'
import type { TrainingRun } from './open-run.js'

/** Writes the summary of a run into its folder. @errors FileError */
export const writeSummary = (folder: string, summary: RunSummary): Promise<void> =>
  orThrow(writeWhole(join(folder, runFiles.summary), `${JSON.stringify(RunSummaryCodec.encode(summary), null, 2)}\n`))

/** Summary of a run before the trained model is evaluated; `base` is null if the base model was not evaluated. */
export const summaryOf = (
  { config, engine }: TrainingRun,
  { history }: RunView,
  status: RunSummary['status'],
  base: Evaluation | null,
): RunSummary => ({
  task: config.task,
  algorithm: config.algorithm,
  seed: config.seed,
  engine: engine.name,
  status,
  planned: config.steps,
  steps: history.metrics.length,
  skipped: skippedSteps(history),
  refused: refusedUpdates(history),
  limitBreach: limitBreach(history),
  inBandShare: inBandShare(history),
  stepSeconds: medianStepSeconds(history),
  secondsByStage: secondsByStage(history),
  base,
  trained: null,
  compared: null,
})
