import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { readText, toCheckpointError } from '../../checkpoint/file-parts.js'
import { openSafetensors } from '../../checkpoint/safetensors-file.js'
import type { SavedState } from '../../checkpoint/training-state.js'
import type { HostTensor } from '../../compute/program/node.js'
import { isMissing } from '../../file/missing-file.js'
import { checkpointFiles, checkpointFolder, checkpointsFolder, stepOfName } from './checkpoint-name.js'
import type { FileDigest, RunCheckpoint } from './run-checkpoint.js'
import { decodeStateFile, type StateFile } from './state-file.js'

/** Maximum size of a state file. @units bytes */
const STATE_LIMIT = 2 ** 26

/** Checkpoint of a run whose files were found intact. */
export interface IntactCheckpoint {
  readonly folder: string
  readonly step: number
  readonly state: StateFile
  /** Size of all its files. @units bytes */
  readonly bytes: number
}

/** Returns the steps of the checkpoints of a run in ascending order; none if there is no such folder. @errors CheckpointError */
export const checkpointSteps = (run: string): TE.TaskEither<CheckpointError, readonly number[]> =>
  TE.tryCatch(
    async () => {
      const names = await readdir(checkpointsFolder(run)).catch((cause: unknown) => {
        if (isMissing(cause)) return []
        throw cause
      })
      return names
        .map(stepOfName)
        .filter((step) => step !== null)
        .sort((a, b) => a - b)
    },
    (cause) => toCheckpointError(checkpointsFolder(run), cause, 'the checkpoints of a run'),
  )

/** Reads the state of a checkpoint without its tensors. @errors CheckpointError for a missing, torn or altered `state.json` */
export const readCheckpointState = (run: string, step: number): TE.TaskEither<CheckpointError, StateFile> => {
  const file = join(checkpointFolder(run, step), checkpointFiles.state)
  return pipe(
    readText(file, STATE_LIMIT, 'the state of a checkpoint'),
    TE.chainEitherK((text) => decodeStateFile(file, text)),
    TE.filterOrElse(
      ({ pipeline }) => pipeline.step === step,
      ({ pipeline }) => new CheckpointError(file, `step ${pipeline.step}`, `step ${step}, as its folder says`),
    ),
  )
}

/**
 * Checks that every file of a checkpoint has the size and the SHA-256 digest that its `state.json` says.
 *
 * @errors CheckpointError that names the file that is missing, torn or altered
 */
export const checkCheckpoint = (run: string, step: number): TE.TaskEither<CheckpointError, IntactCheckpoint> => {
  const folder = checkpointFolder(run, step)
  return pipe(
    readCheckpointState(run, step),
    TE.chainFirst(({ files, learner }) =>
      TE.traverseSeqArray((name: (typeof tensorFiles)[number]) => checkFile(join(folder, name), files[name]))(
        'savedAs' in learner ? [] : tensorFiles,
      ),
    ),
    TE.map((state) => ({
      folder,
      step,
      state,
      bytes: Object.values(state.files).reduce((sum, { bytes }) => sum + bytes, 0),
    })),
  )
}

const tensorFiles = [checkpointFiles.parameters, checkpointFiles.firstMoments, checkpointFiles.secondMoments]

const checkFile = (file: string, expected: FileDigest | undefined): TE.TaskEither<CheckpointError, void> =>
  expected === undefined
    ? TE.left(new CheckpointError(file, 'no digest in the state of the checkpoint', 'the digest of the file'))
    : compareFile(file, expected)

const compareFile = (file: string, expected: FileDigest): TE.TaskEither<CheckpointError, void> =>
  pipe(
    TE.tryCatch(
      () => stat(file),
      (cause) => toCheckpointError(file, cause, 'a file of the checkpoint'),
    ),
    TE.filterOrElse(
      ({ size }) => size === expected.bytes,
      ({ size }) => new CheckpointError(file, `${size} bytes`, `${expected.bytes}: the file is torn or altered`),
    ),
    TE.chain(() => digestOfFile(file)),
    TE.filterOrElse(
      ({ sha256 }) => sha256 === expected.sha256,
      ({ sha256 }) =>
        new CheckpointError(file, `the SHA-256 digest ${sha256}`, `${expected.sha256}: the file was altered`),
    ),
    TE.map(() => undefined),
  )

/** Returns size and SHA-256 digest of a file, which is read in parts. @errors CheckpointError */
export const digestOfFile = (file: string): TE.TaskEither<CheckpointError, FileDigest> =>
  TE.tryCatch(
    async () => {
      const hash = createHash('sha256')
      let bytes = 0
      await pipeline(createReadStream(file), async function (parts: AsyncIterable<Buffer>) {
        for await (const part of parts) {
          hash.update(part)
          bytes += part.length
        }
      })
      return { bytes, sha256: hash.digest('hex') }
    },
    (cause) => toCheckpointError(file, cause, 'a file that can be read'),
  )

/** Newest intact checkpoint of a run, and the errors of later ones that are not. */
export interface NewestCheckpoint {
  readonly checkpoint: IntactCheckpoint | null
  readonly damaged: readonly CheckpointError[]
}

/** Finds the newest checkpoint whose files are intact, up to a step. @errors CheckpointError for a folder that cannot be read */
export const newestCheckpoint = (run: string, upTo = Infinity): TE.TaskEither<CheckpointError, NewestCheckpoint> =>
  pipe(
    checkpointSteps(run),
    TE.chainTaskK((steps) => async () => {
      const damaged: CheckpointError[] = []
      for (const step of steps.filter((each) => each <= upTo).toReversed()) {
        const checked = await checkCheckpoint(run, step)()
        if (E.isRight(checked)) return { checkpoint: checked.right, damaged }
        damaged.push(checked.left)
      }
      return { checkpoint: null, damaged }
    }),
  )

/** Reads a checkpoint whose files were checked. @errors CheckpointError, also for a checkpoint whose weights a service keeps */
export const readCheckpoint = ({ folder, state }: IntactCheckpoint): TE.TaskEither<CheckpointError, RunCheckpoint> => {
  const { learner } = state
  return 'savedAs' in learner
    ? TE.left(
        new CheckpointError(
          folder,
          `weights that a service keeps as ${learner.savedAs}`,
          'weights in the folder; resume the run on the service',
        ),
      )
    : pipe(
        tensorFiles,
        TE.traverseSeqArray((name) => readTensors(join(folder, name))),
        TE.map(([parameters, firstMoments, secondMoments]) => ({
          ...restOf(state),
          learner: {
            ...learner,
            parameters: parameters!,
            firstMoments: firstMoments!,
            secondMoments: secondMoments!,
          },
        })),
      )
}

/** Reads a checkpoint whose weights a service keeps. @errors CheckpointError for a checkpoint with weights in its folder */
export const readSavedCheckpoint = ({
  folder,
  state,
}: IntactCheckpoint): E.Either<CheckpointError, RunCheckpoint<SavedState>> => {
  const { learner } = state
  return 'savedAs' in learner
    ? E.right({ ...restOf(state), learner })
    : E.left(
        new CheckpointError(
          folder,
          'weights in the folder',
          'weights that a service keeps; resume the run on this machine',
        ),
      )
}

const restOf = ({ pipeline, logs, score, inputs, engine, config }: StateFile): Omit<RunCheckpoint, 'learner'> => ({
  pipeline,
  logs,
  score,
  inputs,
  engine,
  config,
})

const readTensors = (file: string): TE.TaskEither<CheckpointError, ReadonlyMap<string, HostTensor>> =>
  pipe(
    openSafetensors(file, 'the tensors of a checkpoint'),
    TE.chain(({ entries, tensors }) =>
      TE.tryCatch(
        async () => {
          const read = new Map<string, HostTensor>()
          for await (const [name, tensor] of tensors(entries.keys())) read.set(name, tensor)
          return read
        },
        (cause) =>
          cause instanceof CheckpointError ? cause : toCheckpointError(file, cause, 'the tensors of a checkpoint'),
      ),
    ),
  )
