import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { toCheckpointError } from '../checkpoint/file-parts.js'
import { isGgufFile } from '../checkpoint/gguf-file.js'
import { typeOf } from '../checkpoint/safetensors.js'
import { openSafetensors } from '../checkpoint/safetensors-file.js'
import type { FileError } from '../file/file-error.js'
import { writeWhole } from '../file/write-whole.js'
import { readGguf } from './gguf/read-gguf.js'
import { readHuggingFace } from './hugging-face/read-folder.js'
import { decodeStoredConfig, encodeModel, type ModelCheckpoint, type ModelSource } from './model-checkpoint.js'
import { mapWeights, weightShapes } from './weights.js'

/** Names of the checkpoints that come with the package. */
export const bundledCheckpoints = ['countdown', 'moves'] as const

/** Returns the path of a checkpoint: of a bundled checkpoint by its name; any other name is already a path. */
export const checkpointPath = (name: string): string =>
  bundledCheckpoints.some((bundled) => bundled === name)
    ? fileURLToPath(new URL(`../../../checkpoints/${name}.safetensors`, import.meta.url))
    : name

const EXPECTED = `a .safetensors file, a .gguf file, a Hugging Face folder, or the name of a checkpoint that comes with entrain: ${bundledCheckpoints.join(', ')}`

/**
 * Opens a model of any supported format: a Hugging Face folder, a GGUF file or a safetensors file written by
 * {@link writeModel}. The weights are read one at a time while they are iterated.
 *
 * @errors CheckpointError for a missing file, another format, or a network that is not supported
 * @example
 * const { config, weights } = await orThrow(readModel(checkpointPath('countdown')))
 */
export const readModel = (path: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    TE.tryCatch(
      () => stat(path),
      (cause) => toCheckpointError(path, cause, EXPECTED),
    ),
    TE.chain((found) => (found.isDirectory() ? readHuggingFace(path) : readModelFile(path))),
  )

const readModelFile = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    isGgufFile(file, EXPECTED),
    TE.chain((gguf) => (gguf ? readGguf(file) : readSafetensorsModel(file))),
  )

const readSafetensorsModel = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    openSafetensors(file, EXPECTED),
    TE.chainEitherK(({ entries, metadata, tensors }) =>
      pipe(
        decodeStoredConfig(metadata, mapWeights(entries, typeOf), file),
        E.map((stored) => ({ ...stored, weights: tensors([...weightShapes(stored.config).keys()]) })),
      ),
    ),
  )

/** Writes a model as a safetensors file. A failure leaves no partial file. @errors FileError */
export const writeModel = (file: string, model: ModelCheckpoint): TE.TaskEither<FileError, void> =>
  writeWhole(file, encodeModel(model))
