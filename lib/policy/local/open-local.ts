import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { EngineName, EngineOptions } from '../../compute/engine/engines.js'
import { type OpenedEngines, openEngines } from '../../compute/engine/open-engines.js'
import { checkpointPath, readModel } from '../../model/model-file.js'
import type { PipelineError } from '../../pipeline-error.js'
import { buildOn, once } from '../../resource.js'
import { type LocalModel, localModel, type LocalModelOptions } from './local-model.js'

/** Options of {@link openLocal}. */
export interface OpenLocalOptions extends Omit<LocalModelOptions, 'engine' | 'replicas' | 'checkpoint'>, EngineOptions {
  /** Path of a model that {@link readModel} reads, or the name of a checkpoint that comes with entrain [countdown]. */
  readonly checkpoint?: string
  /** Name of the engine; without it, the first engine that opens. */
  readonly engine?: EngineName
  /** Number of engines that share the work [1]. They share the cores too, unless `threads` is given. */
  readonly replicas?: number
}

/** Returns the options that have a value. */
const given = (options: { readonly [K in keyof EngineOptions]: EngineOptions[K] | undefined }): EngineOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/**
 * Reads a checkpoint, opens engines and loads the model onto them, for a program that trains one model. `close` of the
 * model closes the engines too.
 *
 * @errors CheckpointError, PipelineError EngineMissing or EngineFailed; no engine stays open then. Throws RangeError for
 * `replicas` that is not a positive integer
 * @example
 * const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
 */
export const openLocal = ({
  checkpoint: name = 'countdown',
  engine: engineName,
  replicas: count = 1,
  threads,
  hardware,
  gpu,
  ...options
}: OpenLocalOptions): TE.TaskEither<PipelineError | CheckpointError, LocalModel> =>
  pipe(
    readModel(checkpointPath(name)),
    TE.chainW((checkpoint) =>
      buildOn<PipelineError | CheckpointError, OpenedEngines, LocalModel>(
        openEngines(count, engineName, given({ threads, hardware, gpu })),
        ({ engine, replicas, close }) =>
          pipe(
            localModel({ ...options, engine, replicas, checkpoint }),
            TE.map((model) => ({ ...model, close: once(() => model.close().then(close)) })),
          ),
        ({ close }) => close(),
      ),
    ),
  )
