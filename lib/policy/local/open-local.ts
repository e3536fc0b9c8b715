import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { EngineName, EngineOptions } from '../../compute/engine/engine-name.js'
import { openEngine } from '../../compute/engine/open-engine.js'
import { checkpointPath, readModel } from '../../model/model-file.js'
import { type LocalModel, localModel, type LocalModelOptions } from './local-model.js'

export interface OpenLocalOptions extends Omit<LocalModelOptions, 'engine' | 'checkpoint'>, EngineOptions {
  /** What {@link readModel} opens, or the name of a checkpoint that comes with entrain. */
  readonly checkpoint?: string
  /** The first that opens unless given. */
  readonly engine?: EngineName
}

/**
 * A checkpoint on an engine of its own, for a program that trains one model; `close` closes both.
 *
 * @errors rejects with CheckpointError, or PipelineError EngineMissing or EngineFailed
 */
export const openLocal = async ({
  checkpoint: name = 'countdown',
  engine: engineName,
  threads,
  ...options
}: OpenLocalOptions): Promise<LocalModel> => {
  const checkpoint = await opened(readModel(checkpointPath(name)))
  const { engine } = await opened(openEngine(engineName, threads === undefined ? {} : { threads }))
  const model = await localModel({ ...options, engine, checkpoint }).catch(async (error: unknown) => {
    await engine.close()
    throw error
  })
  return { ...model, close: () => model.close().then(() => engine.close()) }
}

const opened = async <A>(step: TE.TaskEither<Error, A>): Promise<A> => {
  const result = await step()
  if (E.isLeft(result)) throw result.left
  return result.right
}
