import { open, mkdir, readdir, rename, stat, truncate, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { machineDisk, writeDurably } from '../file/disk.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import { isMissing } from '../file/missing-file.js'
import { checkpointFolder } from './checkpoint/checkpoint-name.js'
import { runFiles } from './run-folder.js'

/** Logs whose size a checkpoint records. */
const logs = [runFiles.metrics, runFiles.timings, runFiles.evaluations, runFiles.rollouts] as const

/** Beginning of the name of a TensorBoard event file. */
const EVENTS = 'events.out.tfevents.'

/**
 * Returns the size of each log of a run, when all of them are on the device.
 *
 * @units bytes
 * @errors rejects with the error of the file system
 */
export const syncLogs = async (run: string): Promise<Readonly<Record<string, number>>> => {
  const sizes = await Promise.all(
    (await logNames(run)).map(async (name) => [name, await syncLog(join(run, name))] as const),
  )
  return Object.fromEntries(sizes.filter(([, bytes]) => bytes !== null)) as Record<string, number>
}

const logNames = async (run: string): Promise<readonly string[]> => [
  ...logs,
  ...(await readdir(run)).filter((name) => name.startsWith(EVENTS)).sort(),
]

/** Returns the size of a file that is on the device; null if there is no such file. */
const syncLog = async (file: string): Promise<number | null> => {
  const handle = await open(file, 'r+').catch(nullIfMissing)
  if (handle === null) return null
  try {
    await handle.sync()
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

const nullIfMissing = (error: unknown): null => {
  if (isMissing(error)) return null
  throw error
}

/**
 * Cuts the logs of a run back to the sizes that a checkpoint recorded, and moves later checkpoints away. The cut lines and
 * the checkpoints are kept in a new folder `cut/1`, `cut/2` … of the run.
 *
 * @units sizes: bytes
 * @errors FileError for a log that is shorter than its recorded size, and for one that cannot be cut
 */
export const cutRun = (
  run: string,
  sizes: Readonly<Record<string, number>>,
  laterCheckpoints: readonly number[],
): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const longer = (
        await Promise.all((await logNames(run)).map((name) => excessOf(run, name, sizes[name] ?? 0)))
      ).filter((excess) => excess !== null)
      if (longer.length === 0 && laterCheckpoints.length === 0) return
      const kept = await newCutFolder(run)
      for (const { name, bytes } of longer) {
        const file = join(run, name)
        await writeDurably(machineDisk, join(kept, name), tailOf(file, bytes))
        await truncate(file, bytes)
        await syncLog(file)
      }
      for (const step of laterCheckpoints) {
        const folder = checkpointFolder(run, step)
        await rename(folder, join(kept, basename(folder)))
      }
      await machineDisk.syncFolder(kept)
      await machineDisk.syncFolder(run)
    },
    (cause) =>
      cause instanceof FileError
        ? cause
        : new FileError(run, describeFileProblem(cause), 'a run folder whose logs can be cut', { cause }),
  )

/** Returns the log with its recorded size if the log is longer; null if it is as long. @errors throws FileError if it is shorter */
const excessOf = async (run: string, name: string, bytes: number) => {
  const file = join(run, name)
  const found = (await stat(file).catch(nullIfMissing))?.size ?? 0
  if (found < bytes)
    throw new FileError(file, `${found} bytes`, `at least ${bytes}, as at the checkpoint: lines of the log are lost`)
  return found === bytes ? null : { name, bytes }
}

/** Creates the first of the folders `cut/1`, `cut/2` … that does not exist. */
const newCutFolder = async (run: string): Promise<string> => {
  await mkdir(join(run, runFiles.cut), { recursive: true })
  const names = await readdir(join(run, runFiles.cut))
  const folder = join(run, runFiles.cut, String(1 + Math.max(0, ...names.map(Number).filter(Number.isInteger))))
  await mkdir(folder)
  return folder
}

/** Size of the parts in which a file is copied. @units bytes */
const PART = 2 ** 20

async function* tailOf(file: string, start: number): AsyncGenerator<Uint8Array> {
  const handle: FileHandle = await open(file, 'r')
  try {
    for (let at = start; ;) {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(PART), 0, PART, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
