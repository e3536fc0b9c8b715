import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { machineDisk } from '../../file/disk.js'
import type { EntrainError } from '../../error.js'
import { FileError } from '../../file/file-error.js'
import { describeFileProblem, describeFolderProblem } from '../../file/file-problem.js'
import { checkOption } from '../../option.js'
import type { VersionedParameters } from '../../policy/local/local-model.js'
import type { Policy } from '../../policy/policy.js'
import type { PublishedWeights } from '../remote-policy.js'

/** Model whose versions are published to servers: one on this machine, or one on a service that trains. */
export interface PublishedModel {
  readonly policy: Policy
  /** Reads the newest version of the parameters. */
  readonly readParameters: () => TE.TaskEither<EntrainError, VersionedParameters>
}

/** Port that writes versions of the weights to a folder that the servers read. */
export interface WeightSync {
  /**
   * Writes a version into a folder of its own. Its name never gets other weights.
   *
   * @errors CheckpointError for a model that this port does not write; FileError
   */
  readonly write: (weights: VersionedParameters) => TE.TaskEither<FileError | CheckpointError, PublishedWeights>
  /** Removes a version that no server uses. A folder that is missing is no error. @errors FileError */
  readonly remove: (weights: PublishedWeights) => TE.TaskEither<FileError, void>
}

/** Options of {@link adapterSync} and {@link folderSync}. */
export interface SyncOptions {
  /** Folder that this machine writes and the machines of the servers read. Each version is a folder in it. */
  readonly folder: string
  /**
   * Name of the run, part of the names of its versions: `entrain-RUN-000012`. No two runs on one server may have the same [a random
   * one]. A resumed run is another run, because it may train other weights under the same version.
   */
  readonly run?: string
}

/** Name that is a name of a folder and of an adapter everywhere. */
const runName = {
  expected: 'letters, digits, dots, dashes and underscores',
  holds: (value: unknown): value is string => typeof value === 'string' && /^[\w.-]+$/.test(value),
}

/** Writes the contents of one version into an empty folder. */
type WriteVersion = (
  folder: string,
  weights: VersionedParameters,
) => TE.TaskEither<FileError | CheckpointError, unknown>

/** Creates a port that writes each version into a folder of its own. @errors RangeError for a name that is no name of a folder */
export const versionFolders = (
  kind: PublishedWeights['kind'],
  { folder, run = randomUUID().slice(0, 8) }: SyncOptions,
  write: WriteVersion,
): WeightSync => {
  checkOption('run', run, runName)
  return {
    write: (weights) => {
      const name = `entrain-${run}-${String(weights.version).padStart(6, '0')}`
      const written: PublishedWeights = { version: weights.version, name, kind, folder: join(folder, name) }
      return pipe(
        createFolder(folder, written.folder),
        TE.chainW(() => write(written.folder, weights)),
        TE.map(() => written),
      )
    },
    remove: ({ folder: ofVersion }) =>
      TE.tryCatch(
        () => machineDisk.remove(ofVersion),
        (cause) => new FileError(ofVersion, describeFileProblem(cause), 'a folder that can be removed', { cause }),
      ),
  }
}

/** Creates the folder of a version, which must not exist. */
const createFolder = (shared: string, folder: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      await machineDisk.createFolder(shared)
      await mkdir(folder)
    },
    (cause) =>
      (cause as NodeJS.ErrnoException).code === 'EEXIST'
        ? new FileError(folder, 'a version of another run', 'no folder; give this run another name', { cause })
        : new FileError(folder, describeFolderProblem(cause), 'a folder that can be created', { cause }),
  )
