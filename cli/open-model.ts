import { stat } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../lib/checkpoint/checkpoint-error.js'
import { isGgufFile } from '../lib/checkpoint/gguf-file.js'
import { freshAdapters, withAdapters } from '../lib/model/lora/adapters.js'
import type { LoraConfig } from '../lib/model/lora/lora.js'
import { readAdapters } from '../lib/model/lora/peft-folder.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { ConfigError } from './config/config-error.js'

/** A model that a command was given. */
export interface OpenedModel {
  readonly source: ModelSource
  /** Where it lies. */
  readonly path: string
  /** A Hugging Face folder and a GGUF file bring their tokenizer; one of ours has that of its task. */
  readonly kind: 'folder' | 'gguf' | 'own'
}

/**
 * The model of that name, with the adapters that it is to have.
 *
 * @errors CheckpointError, ConfigError where adapters of two kinds are asked for
 */
export const openModel = (
  name: string,
  adapters: AdapterSettings,
): TE.TaskEither<CheckpointError | ConfigError, OpenedModel> => {
  const path = checkpointPath(name)
  return pipe(
    readModel(path),
    TE.bindTo('source'),
    TE.bind('kind', () => kindOf(path)),
    TE.chainW(({ source, kind }) => adapted({ source, path, kind }, adapters)),
  )
}

const kindOf = (path: string): TE.TaskEither<CheckpointError, OpenedModel['kind']> =>
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

/** Which adapters a model is to have: those of a folder, or fresh ones where the rank is not 0. */
export interface AdapterSettings {
  readonly adapter: string | null
  readonly lora?: LoraConfig
  readonly seed: number
}

const adapted = (
  model: OpenedModel,
  { adapter, lora, seed }: AdapterSettings,
): TE.TaskEither<CheckpointError | ConfigError, OpenedModel> => {
  const { source, path } = model
  const asked = [...(source.config.lora === undefined ? [] : [path]), ...(adapter === null ? [] : [adapter])]
  const names = [...asked, ...(isAsked(lora) ? ['lora.rank'] : [])]
  if (names.length > 1)
    return TE.left(new ConfigError([`adapters: found those of ${names.join(' and of ')}, expected one`]))
  if (adapter !== null)
    return pipe(
      readAdapters(adapter, source.config),
      TE.map((read) => ({ ...model, source: withAdapters(source, read) })),
    )
  return TE.right(
    isAsked(lora) ? { ...model, source: withAdapters(source, freshAdapters(source.config, lora, seed)) } : model,
  )
}

const isAsked = (lora: LoraConfig | undefined): lora is LoraConfig => lora !== undefined && lora.rank > 0
