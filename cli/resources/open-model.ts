import { stat } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { isGgufFile } from '../../lib/checkpoint/gguf-file.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import type { ConfigError } from '../config/config-error.js'
import { type AdapterSettings, addAdapters } from './adapters.js'

/** Model that a command line or a configuration names. */
export interface NamedModel {
  readonly source: ModelSource
  /** File or folder of the model. */
  readonly path: string
  /** Format. A Hugging Face folder and a GGUF file bring their tokenizer; a file of entrain uses that of its task. */
  readonly kind: 'folder' | 'gguf' | 'own'
  /** File or folder whose training goes on: adapters that exist, or a model that an earlier run wrote; null for a fresh start. */
  readonly continued: string | null
}

/**
 * Opens a model by name, with its adapters. `note` receives the warnings about its files.
 *
 * @errors CheckpointError; ConfigError if adapters come from more than one source, or settings contradict them
 */
export const openModel = (
  name: string,
  adapters: AdapterSettings,
  note: (text: string) => void,
): TE.TaskEither<CheckpointError | ConfigError, NamedModel> => {
  const path = checkpointPath(name)
  return pipe(
    readModel(path),
    TE.bindTo('source'),
    TE.bind('kind', () => kindOf(path)),
    TE.chainW(({ source, kind }) =>
      pipe(
        addAdapters(source, path, adapters),
        TE.map((adapted) => ({ ...adapted, path, kind, continued: adapted.continued ?? trainedBefore(source, path) })),
      ),
    ),
    TE.chainFirstIOK(
      ({ source: { warnings = [] } }) =>
        () =>
          warnings.forEach(note),
    ),
  )
}

/** Returns the path of a model that an earlier run wrote, which its metadata says; null for another model. */
const trainedBefore = ({ metadata }: ModelSource, path: string): string | null =>
  metadata['trained'] === undefined ? null : path

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
