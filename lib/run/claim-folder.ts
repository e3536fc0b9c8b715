import { mkdir, readdir, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Disk, machineDisk } from '../file/disk.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem, describeFolderProblem } from '../file/file-problem.js'
import { removePath } from '../file/remove-path.js'
import { partOf, writeWhole } from '../file/write-whole.js'
import { orThrow } from '../or-throw.js'
import type { Clock } from '../timing/clock.js'
import { wallClock } from '../timing/wall-clock.js'
import { runFiles } from './run-folder.js'
import { ClaimedByOther, claimRun, readRunLife, type RunLock } from './run-lock.js'

/** Run folder that this process has claimed, before or after its first file is written. */
export interface ClaimedFolder {
  readonly folder: string
  readonly lock: RunLock
  /** Releases the lock. Folders that were created for the run and hold no file are removed. */
  readonly close: () => Promise<void>
}

/**
 * Claims a folder for a new run and creates it if it does not exist. No two runs share a folder. A folder with nothing but the lock of
 * a process that is gone, weights that it published, and an incomplete configuration counts as empty: it is what a start that was
 * killed leaves. All but the lock is removed.
 *
 * The lock ends with the process, or with `close`. While it exists, `entrain watch` shows the run as alive.
 *
 * @units clock: seconds since 1970
 * @errors FileError if a file or a folder that is not empty exists there, or if another process has claimed the folder
 * @example
 * const { folder } = await orThrow(claimNamedFolder('runs/mine'))
 */
export const claimNamedFolder = (folder: string, clock: Clock = wallClock): TE.TaskEither<FileError, ClaimedFolder> =>
  TE.tryCatch(async () => {
    const created = await mkdir(folder, { recursive: true })
    const entries = await readdir(folder)
    if (entries.length === 0) return claimEmpty(folder, created, clock)
    if (await isAbandoned(folder, clock)) return claimAbandoned(folder, created, clock)
    throw occupied(folder, entries.length)
  }, folderError(folder))

/**
 * Claims a new run folder `root/name`, or `root/name-2`, `root/name-3` … if runs of that name exist. The folder of a start that was
 * killed is no run, as in {@link claimNamedFolder}.
 *
 * @units clock: seconds since 1970
 * @errors FileError
 */
export const claimNextFolder = (
  root: string,
  name: string,
  clock: Clock = wallClock,
): TE.TaskEither<FileError, ClaimedFolder> =>
  TE.tryCatch(
    async () => {
      const created = await mkdir(root, { recursive: true })
      for (let count = 1; ; count++) {
        const folder = join(root, count === 1 ? name : `${name}-${count}`)
        const claimNew = (await createFolder(folder))
          ? claimEmpty
          : (await isAbandoned(folder, clock))
            ? claimAbandoned
            : null
        const claimed = (await claimNew?.(folder, created ?? folder, clock).catch(nullIfTaken)) ?? null
        if (claimed !== null) return claimed
      }
    },
    folderError(join(root, name)),
  )

/** Claims the folder of a run that exists. @errors FileError if another process has claimed it */
export const claimExistingRun = (folder: string, clock: Clock): TE.TaskEither<FileError, ClaimedFolder> =>
  TE.tryCatch(() => claim(folder, undefined, clock), toFileError(folder))

/**
 * Writes the configuration of a new run into its folder, which this process has claimed. The file is complete or missing at any
 * moment, and on the device when the effect ends.
 *
 * @errors FileError, also if the folder has a configuration
 */
export const writeConfig = (
  folder: string,
  contents: string,
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> => {
  const file = join(folder, runFiles.config)
  return pipe(
    TE.tryCatch(
      () => disk.list(folder),
      (cause) => new FileError(folder, describeFileProblem(cause), 'the folder of a run', { cause }),
    ),
    // Other runs do not write here, because this process holds the lock of the folder.
    TE.filterOrElse(
      (names) => !names.includes(runFiles.config),
      () => new FileError(file, 'a file', 'a new file that can be written'),
    ),
    TE.chain(() => writeWhole(file, contents, disk)),
  )
}

/** Path of the configuration of a new run until it is complete. */
const partialConfig = (folder: string): string => partOf(join(folder, runFiles.config))

/** Claims a folder. `created` is the highest folder on its path that was created for it; undefined if the folder existed. */
const claim = async (folder: string, created: string | undefined, clock: Clock): Promise<ClaimedFolder> => {
  if (created !== undefined) await syncNames(resolve(folder), resolve(created))
  const lock = await orThrow(claimRun(folder, clock))
  return {
    folder,
    lock,
    close: async () => {
      await lock.release()
      if (created !== undefined) await removeEmpty(resolve(folder), resolve(created))
    },
  }
}

type Claim = typeof claim

/** Claims a folder without entries. @errors Occupied if another program, which knows no lock, has begun to write into it */
const claimEmpty: Claim = async (folder, created, clock) => {
  const claimed = await claim(folder, created, clock)
  const { length } = await readdir(folder)
  if (length === 1) return claimed
  await claimed.close()
  throw occupied(folder, length - 1)
}

/** Claims the folder of a start that was killed, and removes what it left. @errors Occupied, as {@link claimEmpty} */
const claimAbandoned: Claim = async (folder, created, clock) => {
  const claimed = await claim(folder, created, clock)
  const entries = await readdir(folder)
  if (entries.every(isRemnant)) {
    await machineDisk.remove(join(folder, runFiles.published))
    await orThrow(removePath(partialConfig(folder)))
    return claimed
  }
  await claimed.close()
  throw occupied(folder, entries.length - 1)
}

/** Returns true for an entry of a run folder that is there before the configuration. */
const isRemnant = (entry: string): boolean =>
  entry.startsWith(runFiles.lock) || entry === runFiles.published || entry === basename(partialConfig(''))

/** Returns true for a folder with nothing in it but the remnants of a process that is gone. */
const isAbandoned = async (folder: string, clock: Clock): Promise<boolean> => {
  const entries = await readdir(folder).catch(() => [])
  return entries.length > 0 && entries.every(isRemnant) && (await readRunLife(folder, clock)).life === 'gone'
}

/** Returns when the names of a new folder and of the new ones above it, up to `last`, are on the device. */
const syncNames = async (folder: string, last: string): Promise<void> => {
  await machineDisk.syncFolder(dirname(folder))
  if (folder !== last) await syncNames(dirname(folder), last)
}

/** Removes a folder and those above it, up to `last`, as far as they are empty. The folder of a run is not empty, so it stays. */
const removeEmpty = async (folder: string, last: string): Promise<void> => {
  const isRemoved = await rmdir(folder).then(
    () => true,
    () => false,
  )
  if (isRemoved && folder !== last) await removeEmpty(dirname(folder), last)
}

/** Error of a folder that holds other files. */
class Occupied extends FileError {}

const occupied = (folder: string, entries: number): Occupied =>
  new Occupied(folder, `a folder with ${entries} entries`, 'no folder, or an empty one')

/** Creates a folder; returns false if it exists. It is one call, so that two runs that start together get two folders. */
const createFolder = async (folder: string): Promise<boolean> => {
  const created = await TE.tryCatch(
    () => mkdir(folder),
    (cause) => cause,
  )()
  if (E.isRight(created)) return true
  if (created.left instanceof Error && 'code' in created.left && created.left.code === 'EEXIST') return false
  throw created.left
}

const nullIfTaken = (error: unknown): null => {
  if (error instanceof ClaimedByOther || error instanceof Occupied) return null
  throw error
}

const folderError =
  (folder: string) =>
  (cause: unknown): FileError =>
    cause instanceof ClaimedByOther ? occupied(folder, 1) : toFileError(folder)(cause)

const toFileError =
  (folder: string) =>
  (cause: unknown): FileError =>
    cause instanceof FileError
      ? cause
      : new FileError(folder, describeFolderProblem(cause), 'a path where a folder can be created', { cause })
