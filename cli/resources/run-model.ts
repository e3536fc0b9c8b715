import { join } from 'node:path'
import { exists } from '../../lib/file/exists.js'
import { FileError } from '../../lib/file/file-error.js'
import { orThrow } from '../../lib/or-throw.js'
import { runFiles } from '../../lib/run/run-folder.js'
import type { Layer, Settings } from '../config/layer.js'
import { loadTrainConfig, type Note } from '../config/load-train-config.js'
import type { TrainConfig } from '../config/train-config.js'

/** Model that a command line names: a model, or a run folder with the model that it trained. */
export interface ModelOrRun {
  /** Name or path of the model. */
  readonly model: string
  /** Settings of the run, below the flags; null for a model that is not named by its run. */
  readonly run: Layer | null
}

/**
 * Finds the model that a command line names. Of a run folder it is the trained model; `settingsOf` chooses the settings of the
 * run that the command takes over.
 *
 * @errors ConfigError of the configuration of the run; FileError for a run folder without a trained model
 */
export const modelOrRun = async (
  name: string,
  settingsOf: (config: TrainConfig) => Settings,
  note: Note,
): Promise<ModelOrRun> => {
  const file = join(name, runFiles.config)
  if (!(await exists(file))) return { model: name, run: null }
  const config = await orThrow(loadTrainConfig(new Map([['config', file]]), note))
  const { model, adapter } = await trainedModel(name, config)
  const settings = { ...settingsOf(config), adapter }
  return { model, run: { settings, place: (path) => `${file}: ${path.join('.')}` } }
}

/** Finds the model that a run saved. If it trained adapters, they belong to the model that it started from. */
const trainedModel = async (folder: string, { model }: TrainConfig) => {
  const [checkpoint, saved, adapter] = [runFiles.checkpoint, runFiles.model, runFiles.adapter].map((file) =>
    join(folder, file),
  ) as [string, string, string]
  if (await exists(checkpoint)) return { model: checkpoint, adapter: null }
  if (await exists(saved)) return { model: saved, adapter: null }
  if (await exists(adapter)) return { model, adapter }
  throw new FileError(
    folder,
    'a run folder without a trained model',
    `one of ${runFiles.checkpoint}, ${runFiles.model} and ${runFiles.adapter}, which a run saves at its end`,
  )
}
