import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { EngineName, EngineOptions } from '../../compute/engine/engine-name.js'
import { openEngines } from '../../compute/engine/open-engines.js'
import { checkpointPath, readModel } from '../../model/model-file.js'
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
  const checkpoint = await opened(readModel(checkpointPath(name)))
  const { engine, replicas, close } = await opened(
    openEngines(count, engineName, threads === undefined ? {} : { threads }),
  )
  const model = await localModel({ ...options, engine, replicas, checkpoint }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  return { ...model, close: () => model.close().then(close) }
}

const opened = async <A>(step: TE.TaskEither<Error, A>): Promise<A> => {
  const result = await step()
  if (E.isLeft(result)) throw result.left
  return result.right
}
