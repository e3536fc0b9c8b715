import { stat } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { isGgufFile } from '../../lib/checkpoint/gguf-file.js'
import { freshAdapters, withAdapters } from '../../lib/model/lora/adapters.js'
import type { LoraConfig } from '../../lib/model/lora/lora.js'
import { readAdapters } from '../../lib/model/lora/peft-folder.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { ConfigError } from '../config/config-error.js'

/** Model that a command line or a configuration names. */
export interface NamedModel {
  readonly source: ModelSource
  /** File or folder of the model. */
  readonly path: string
  /** Format. A Hugging Face folder and a GGUF file bring their tokenizer; a file of entrain uses that of its task. */
  readonly kind: 'folder' | 'gguf' | 'own'
}

/**
 * Opens a model by name, with its adapters.
 *
 * @errors CheckpointError; ConfigError if adapters come from more than one source
 */
export const openModel = (
  name: string,
  adapters: AdapterSettings,
): TE.TaskEither<CheckpointError | ConfigError, NamedModel> => {
  const path = checkpointPath(name)
  return pipe(
    readModel(path),
    TE.bindTo('source'),
    TE.bind('kind', () => kindOf(path)),
    TE.chainW(({ source, kind }) => addAdapters({ source, path, kind }, adapters)),
  )
}

const kindOf = (path: string): TE.TaskEither<CheckpointError, NamedModel['kind']> =>
  pipe(
    TE.fromTask<boolean, CheckpointError>(async () => (await stat(path)).isDirectory()),
    TE.chain((folder) =>
      folder
        ? TE.right('folder')
        : pipe(
            isGgufFile(path, 'a model'),
            TE.map((gguf) => (gguf ? 'gguf' : 'own')),
          ),
    ),
  )

/** Adapters of a model: those of a folder, or new ones if the rank is not 0. */
export interface AdapterSettings {
  readonly adapter: string | null
  readonly lora?: LoraConfig
  readonly seed: number
}

const addAdapters = (
  model: NamedModel,
  { adapter, lora, seed }: AdapterSettings,
): TE.TaskEither<CheckpointError | ConfigError, NamedModel> => {
  const { source, path } = model
  const existing = [...(source.config.lora === undefined ? [] : [path]), ...(adapter === null ? [] : [adapter])]
  const sources = [...existing, ...(hasRank(lora) ? ['lora.rank'] : [])]
  if (sources.length > 1)
    return TE.left(new ConfigError([`adapters: found those of ${sources.join(' and of ')}, expected one`]))
  if (adapter !== null)
    return pipe(
      readAdapters(adapter, source.config),
      TE.map((read) => ({ ...model, source: withAdapters(source, read) })),
    )
  return TE.right(
    hasRank(lora) ? { ...model, source: withAdapters(source, freshAdapters(source.config, lora, seed)) } : model,
  )
}

const hasRank = (lora: LoraConfig | undefined): lora is LoraConfig => lora !== undefined && lora.rank > 0
