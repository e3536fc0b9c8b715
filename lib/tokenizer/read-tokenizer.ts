import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { companions } from '../checkpoint/companions.js'
import { toCheckpointError } from '../checkpoint/file-parts.js'
import { isGgufFile, openGguf } from '../checkpoint/gguf-file.js'
import { ggufTokenizer, ggufTokenizerFiles } from './gguf-tokenizer.js'
import type { HuggingFaceTokenizerOptions } from './hugging-face-tokenizer.js'
import type { ModelTokenizer } from './model-tokenizer.js'
import { readTokenizerFolder } from './tokenizer-folder.js'

const EXPECTED = 'a model with a tokenizer of its own: a Hugging Face folder, or a .gguf file'

/**
 * Reads the tokenizer and the chat template of a model: those of a Hugging Face folder, or of a GGUF file, where a
 * tokenizer.json beside the file counts before what the file carries.
 *
 * @errors CheckpointError
 */
export const readTokenizer = (
  path: string,
  options: Pick<HuggingFaceTokenizerOptions, 'specialTokens'> = {},
): TE.TaskEither<CheckpointError, ModelTokenizer> =>
  pipe(
    isFolder(path),
    TE.chain((folder) => (folder ? readTokenizerFolder(path, options) : readTokenizerOfFile(path, options))),
  )

const readTokenizerOfFile = (file: string, options: Pick<HuggingFaceTokenizerOptions, 'specialTokens'>) =>
  pipe(
    isGgufFile(file, EXPECTED),
    TE.filterOrElse(
      (gguf) => gguf,
      () => new CheckpointError(file, 'a file of another kind', EXPECTED),
    ),
    TE.chain(() => TE.fromTask(() => isThere(join(dirname(file), 'tokenizer.json')))),
    TE.chain((beside) =>
      beside
        ? readTokenizerFolder(dirname(file), options)
        : pipe(
            openGguf(file),
            TE.chainEitherK(({ metadata }) => ggufTokenizer({ metadata, file, ...options })),
          ),
    ),
  )

/**
 * The tokenizer of a GGUF file as files of a Hugging Face folder, by name: those beside it, or what it carries.
 *
 * @errors CheckpointError
 */
export const tokenizerFilesOf = (file: string): TE.TaskEither<CheckpointError, Readonly<Record<string, string>>> => {
  const folder = dirname(file)
  return pipe(
    TE.fromTask<boolean, CheckpointError>(() => isThere(join(folder, 'tokenizer.json'))),
    TE.chain((beside) =>
      beside
        ? TE.tryCatch(
            () => textsIn(folder),
            (cause) => toCheckpointError(folder, cause, 'files of a tokenizer'),
          )
        : pipe(
            openGguf(file),
            TE.chainEitherK(({ metadata }) => ggufTokenizerFiles({ metadata, file })),
          ),
    ),
  )
}

const textsIn = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const there = new Set(await readdir(folder))
  const found = companions.filter((name) => there.has(name))
  return Object.fromEntries(
    await Promise.all(found.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  )
}

const isFolder = (path: string): TE.TaskEither<CheckpointError, boolean> =>
  TE.tryCatch(
    async () => (await stat(path)).isDirectory(),
    (cause) => toCheckpointError(path, cause, EXPECTED),
  )

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
