import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { unreadable } from '../checkpoint/file-parts.js'
import { isGgufFile } from '../checkpoint/gguf-file.js'
import { typeOf } from '../checkpoint/safetensors.js'
import { openSafetensors } from '../checkpoint/safetensors-file.js'
import type { FileError } from '../file/file-error.js'
import { writeWhole } from '../file/write-whole.js'
import { readGguf } from './gguf/read-gguf.js'
import { readHuggingFace } from './hugging-face/read-folder.js'
import { encodeModel, type ModelCheckpoint, type ModelSource, storedConfig } from './model-checkpoint.js'
import { mapParameters, parameterShapes } from './parameters.js'

/** Checkpoints that come with the package, by name. */
export const bundledCheckpoints = ['countdown'] as const

/** Where a checkpoint lies: a bundled one is found by its name, any other name is a path. */
export const checkpointPath = (name: string): string =>
  bundledCheckpoints.some((bundled) => bundled === name)
    ? fileURLToPath(new URL(`../../../checkpoints/${name}.safetensors`, import.meta.url))
    : name

const EXPECTED = `a .safetensors file, a .gguf file, a Hugging Face folder, or the name of a checkpoint that comes with entrain: ${bundledCheckpoints.join(', ')}`

/**
 * Opens a model, whatever lies there: a folder is Hugging Face's, a file is GGUF's or one of ours, as its first bytes say.
 * Its weights are read when they are asked for, one at a time.
 *
 * @errors CheckpointError
 */
export const readModel = (path: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    TE.tryCatch(
      () => stat(path),
      (cause) => unreadable(path, cause, EXPECTED),
    ),
    TE.chain((found) => (found.isDirectory() ? readHuggingFace(path) : readModelFile(path))),
  )

const readModelFile = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    isGgufFile(file, EXPECTED),
    TE.chain((gguf) => (gguf ? readGguf(file) : readOwn(file))),
  )

const readOwn = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    openSafetensors(file, EXPECTED),
    TE.chainEitherK(({ entries, metadata, tensors }) =>
      pipe(
        storedConfig(metadata, mapParameters(entries, typeOf), file),
        E.map((stored) => ({ ...stored, parameters: tensors([...parameterShapes(stored.config).keys()]) })),
      ),
    ),
  )

/** Whole or not at all. @errors FileError */
export const writeModel = (file: string, model: ModelCheckpoint): TE.TaskEither<FileError, void> =>
  writeWhole(file, encodeModel(model))
