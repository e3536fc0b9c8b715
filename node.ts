/**
 * Parts of entrain that need Node: engines, model and data files, worker threads, run folders and their logs, plots, and
 * the dashboard's server.
 *
 * @packageDocumentation
 */

export { DashboardError } from './dashboard/server/dashboard-error.js'
export { type Dashboard, type DashboardOptions, openDashboard } from './dashboard/server/open-dashboard.js'
export type { RunToWatch } from './dashboard/server/watched-run.js'
export { HubError, type HubProblem } from './lib/checkpoint/hub/hub-error.js'
export type { RepositoryFile } from './lib/checkpoint/hub/listing.js'
export type { Patience } from './lib/checkpoint/hub/retry.js'
export { pullModel, type PullEvent, type PullOptions } from './lib/checkpoint/hub/pull.js'
export { type Hub, publicHub, type Repository } from './lib/checkpoint/hub/repository.js'
export {
  type EngineName,
  engineNames,
  type EngineOptions,
  openEngine,
  type OpenedEngine,
} from './lib/compute/engine/open-engine.js'
export { readGguf } from './lib/model/gguf/read-gguf.js'
export { readHuggingFace } from './lib/model/hugging-face/read-folder.js'
export { type HuggingFaceOptions, writeHuggingFace } from './lib/model/hugging-face/write-folder.js'
export { readAdapters, writeAdapters } from './lib/model/lora/peft-folder.js'
export { bundledCheckpoints, checkpointPath, readModel, writeModel } from './lib/model/model-file.js'
export { openLocal, type OpenLocalOptions } from './lib/policy/local/open-local.js'
export { mathVerifierInWorkers } from './lib/reward/worker/math-verifier-in-workers.js'
export type { VerifierSource } from './lib/reward/worker/protocol.js'
export {
  type VerifierInWorkers,
  verifierInWorkers,
  type WorkersOptions,
} from './lib/reward/worker/verifier-in-workers.js'
export { pruneCheckpoints } from './lib/run/checkpoint/prune-checkpoints.js'
export {
  type IntactCheckpoint,
  type NewestCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  readSavedCheckpoint,
} from './lib/run/checkpoint/read-checkpoint.js'
export type { FileDigest, NewCheckpoint, RunCheckpoint } from './lib/run/checkpoint/run-checkpoint.js'
export { writeCheckpoint } from './lib/run/checkpoint/write-checkpoint.js'
export { FileError } from './lib/file/file-error.js'
export { type JsonLines, openJsonLines, readJsonLines } from './lib/run/json-lines.js'
export type { LogOptions } from './lib/run/step-logs.js'
export { logSteps } from './operators/log-steps.js'
export { type ConfiguredRun, type Curve, curvesBySeed, curvesOf } from './lib/plot/curve.js'
export { type FigureOptions, type FigureWidth } from './lib/plot/figure.js'
export type { PanelName } from './lib/plot/panel/index.js'
export { type FigureStep, type PlottedRun, type PlottedStep, readPlottedRun } from './lib/plot/plotted-run.js'
export { writeFigure } from './lib/plot/write-figure.js'
export { writePlots } from './lib/plot/write-plots.js'
export { keepRefused, readRefused } from './lib/run/quarantine-folder.js'
export { type ClaimedFolder, claimNamedFolder, claimNextFolder } from './lib/run/claim-folder.js'
export { runFiles } from './lib/run/run-folder.js'
export type { RunServer } from './lib/control/run-state.js'
export { readSummary, type RunSummary, RunSummaryCodec } from './lib/run/summary.js'
export { type EventFile, openEventFile } from './lib/tensorboard/event-file.js'
export { jsonLinesBlocks } from './lib/task/data/json-lines-blocks.js'
export { parquetBlocks } from './lib/task/data/parquet-blocks.js'
export { rowFiles } from './lib/task/data/row-files.js'
export type { ModelTokenizer } from './lib/tokenizer/model-tokenizer.js'
export { readTokenizer } from './lib/tokenizer/read-tokenizer.js'
export { EvaluationCodec, type StepEvaluation, StepEvaluationCodec } from './lib/run/step-evaluation.js'
export { type StepMetrics, stepMetrics, StepMetricsCodec } from './lib/run/step-metrics.js'
export { type StepRollouts, stepRollouts, StepRolloutsCodec } from './lib/run/step-rollouts.js'
export { type StepSeconds, StepSecondsCodec } from './lib/timing/step-seconds.js'
export { evaluationScalars, type Scalar, tensorboardScalars } from './lib/tensorboard/scalars.js'
