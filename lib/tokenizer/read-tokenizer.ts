import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { unreadable } from '../checkpoint/file-parts.js'
import { isGgufFile, openGguf } from '../checkpoint/gguf-file.js'
import { ggufTokenizer } from './gguf-tokenizer.js'
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

const isFolder = (path: string): TE.TaskEither<CheckpointError, boolean> =>
  TE.tryCatch(
    async () => (await stat(path)).isDirectory(),
    (cause) => unreadable(path, cause, EXPECTED),
  )

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
