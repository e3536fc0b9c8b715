/** What needs Node: engines, files, worker threads, run folders. The rest of the library is in the main entry. */

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
export { bundledCheckpoints, checkpointPath, readModel, writeModel } from './lib/model/model-file.js'
export { openLocal, type OpenLocalOptions } from './lib/policy/local/open-local.js'
export { type JsonLines, jsonLines, readJsonLines } from './lib/run/json-lines.js'
export { writePlots } from './lib/run/plot/write-plots.js'
export { RunError } from './lib/run/run-error.js'
export { namedRunFolder, nextRunFolder, runFiles } from './lib/run/run-folder.js'
export { readSummary, type RunSummary, RunSummaryCodec } from './lib/run/summary.js'
