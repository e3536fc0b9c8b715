import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { companionsIn } from '../checkpoint/companions.js'
import { toCheckpointError } from '../checkpoint/file-parts.js'
import { isGgufFile, openGguf } from '../checkpoint/gguf-file.js'
import { limits } from '../checkpoint/limits.js'
import { exists } from '../file/exists.js'
import { readRegularFile } from '../file/regular-file.js'
import { ggufTokenizer, ggufTokenizerFiles } from './gguf-tokenizer.js'
import type { ModelTokenizer } from './model-tokenizer.js'
import { readTokenizerFolder, type ReadTokenizerOptions } from './tokenizer-folder.js'

const EXPECTED = 'a model with a tokenizer of its own: a Hugging Face folder, or a .gguf file'

/**
 * Reads the tokenizer and the chat template of a model: a Hugging Face folder or a GGUF file. A tokenizer.json in the folder
 * of a GGUF file takes precedence over the tokenizer in the file.
 *
 * @errors CheckpointError that names the file and the field
 * @example
 * const { tokenizer, chatTemplate } = await orThrow(readTokenizer('models/qwen3'))
 */
export const readTokenizer = (
  path: string,
  options: ReadTokenizerOptions = {},
): TE.TaskEither<CheckpointError, ModelTokenizer> =>
  pipe(
    isFolder(path),
    TE.chain((folder) => (folder ? readTokenizerFolder(path, options) : readGgufTokenizer(path, options))),
  )

const readGgufTokenizer = (file: string, options: ReadTokenizerOptions) =>
  pipe(
    isGgufFile(file, EXPECTED),
    TE.filterOrElse(
      (gguf) => gguf,
      () => new CheckpointError(file, 'a file of another kind', EXPECTED),
    ),
    TE.chain(() => TE.fromTask(() => exists(join(dirname(file), 'tokenizer.json')))),
    TE.chain((hasFile) =>
      hasFile
        ? readTokenizerFolder(dirname(file), options)
        : pipe(
            openGguf(file),
            TE.chainEitherK(({ metadata }) => ggufTokenizer({ metadata, file, ...options })),
          ),
    ),
  )

/**
 * Returns the tokenizer of a GGUF file as the contents of a Hugging Face folder's files, by name: the files in its folder, or
 * the tokenizer in the file.
 *
 * @errors CheckpointError
 */
export const readTokenizerFiles = (file: string): TE.TaskEither<CheckpointError, Readonly<Record<string, string>>> => {
  const folder = dirname(file)
  return pipe(
    TE.fromTask<boolean, CheckpointError>(() => exists(join(folder, 'tokenizer.json'))),
    TE.chain((hasFile) =>
      hasFile
        ? TE.tryCatch(
            () => readCompanions(folder),
            (cause) => toCheckpointError(folder, cause, 'files of a tokenizer'),
          )
        : pipe(
            openGguf(file),
            TE.chainEitherK(({ metadata }) => ggufTokenizerFiles({ metadata, file })),
          ),
    ),
  )
}

const readCompanions = async (folder: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all(
      (await companionsIn(folder)).map(
        async (name) => [name, (await readRegularFile(join(folder, name), limits.json)).toString('utf8')] as const,
      ),
    ),
  )

const isFolder = (path: string): TE.TaskEither<CheckpointError, boolean> =>
  TE.tryCatch(
    async () => (await stat(path)).isDirectory(),
    (cause) => toCheckpointError(path, cause, EXPECTED),
  )
