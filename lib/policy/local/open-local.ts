import type { EngineName, EngineOptions } from '../../compute/engine/engines.js'
import { openEngines } from '../../compute/engine/open-engines.js'
import { checkpointPath, readModel } from '../../model/model-file.js'
import { orThrow } from '../../or-throw.js'
import { type LocalModel, localModel, type LocalModelOptions } from './local-model.js'

export interface OpenLocalOptions extends Omit<LocalModelOptions, 'engine' | 'replicas' | 'checkpoint'>, EngineOptions {
  /** What {@link readModel} opens, or the name of a checkpoint that comes with entrain. */
  readonly checkpoint?: string
  /** The first that opens unless given. */
  readonly engine?: EngineName
  /** Engines of that name that share the work; unless `threads` are given, they share the cores too. 1 unless given. */
  readonly replicas?: number
}

/**
 * A checkpoint on engines of its own, for a program that trains one model; `close` closes all of it.
 *
 * @errors rejects with CheckpointError, or PipelineError EngineMissing or EngineFailed
 */
export const openLocal = async ({
  checkpoint: name = 'countdown',
  engine: engineName,
  replicas: count = 1,
  threads,
  ...options
}: OpenLocalOptions): Promise<LocalModel> => {
  const checkpoint = await orThrow(readModel(checkpointPath(name)))
  const { engine, replicas, close } = await orThrow(
    openEngines(count, engineName, threads === undefined ? {} : { threads }),
  )
  const model = await localModel({ ...options, engine, replicas, checkpoint }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  return { ...model, close: () => model.close().then(close) }
}
