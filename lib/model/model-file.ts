import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { RunError } from '../run/run-error.js'
import { writeWhole } from '../run/write-file.js'
import { decodeModel, encodeModel, type ModelCheckpoint } from './model-checkpoint.js'

/** Checkpoints that come with the package, by name. */
export const bundledCheckpoints = ['countdown'] as const

/** Where a checkpoint lies: a bundled one is found by its name, any other name is a path. */
export const checkpointPath = (name: string): string =>
  bundledCheckpoints.some((bundled) => bundled === name)
    ? fileURLToPath(new URL(`../../../checkpoints/${name}.safetensors`, import.meta.url))
    : name

/** @errors CheckpointError */
export const readModel = (file: string): TE.TaskEither<CheckpointError, ModelCheckpoint> =>
  pipe(
    TE.tryCatch(
      () => readFile(file),
      (cause) =>
        new CheckpointError(
          file,
          isMissing(cause) ? 'no such file' : String(cause),
          `a .safetensors file, or the name of one that comes with entrain: ${bundledCheckpoints.join(', ')}`,
        ),
    ),
    TE.chainEitherK((bytes) => decodeModel(bytes, file)),
  )

const isMissing = (cause: unknown): boolean => cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

/** Whole or not at all. @errors RunError */
export const writeModel = (file: string, model: ModelCheckpoint): TE.TaskEither<RunError, void> =>
  writeWhole(file, encodeModel(model))
