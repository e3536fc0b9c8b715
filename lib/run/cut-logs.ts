import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Disk, machineDisk, writeDurably } from '../file/disk.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import { checkpointFolder, checkpointName, checkpointsFolder } from './checkpoint/checkpoint-name.js'
import { runFiles } from './run-folder.js'

/** Logs whose size a checkpoint records. */
const logs = [runFiles.metrics, runFiles.timings, runFiles.evaluations, runFiles.rollouts] as const

/** Beginning of the name of a TensorBoard event file. */
const EVENTS = 'events.out.tfevents.'

/**
 * Returns the size of each log of a run, when all of them are on the device.
 *
 * @units bytes
 * @errors rejects with FileError
 */
export const syncLogs = async (run: string): Promise<Readonly<Record<string, number>>> => {
  const sizeOf = async (name: string) => [name, await syncLog(join(run, name))] as const
  try {
    const sizes = await Promise.all(logsAmong(await machineDisk.list(run)).map(sizeOf))
    return Object.fromEntries(sizes.filter((entry): entry is readonly [string, number] => entry[1] !== null))
  } catch (cause) {
    throw new FileError(run, describeFileProblem(cause), 'a run folder whose logs can be written', { cause })
  }
}

/** Returns the names of the logs of a run, with the event files among the names in its folder. */
const logsAmong = (names: readonly string[]): readonly string[] => [
  ...logs,
  ...names.filter((name) => name.startsWith(EVENTS)).sort(),
]

/** Returns the size of a file that is on the device; null if there is no such file. */
const syncLog = async (file: string): Promise<number | null> => {
  const size = await machineDisk.sizeOf(file)
  if (size !== null) await machineDisk.syncFile(file)
  return size
}

/**
 * Cuts the logs of a run back to the sizes that a checkpoint recorded, and moves later checkpoints away. The cut lines and
 * the checkpoints are kept in a new folder `cut/1`, `cut/2` … of the run.
 *
 * The checkpoints are moved first, the latest of them first of all. A crash between any two system calls leaves no checkpoint
 * that has recorded more lines than the logs have.
 *
 * @units sizes: bytes
 * @errors FileError for a log that is shorter than its recorded size, and for one that cannot be cut
 */
export const cutRun = (
  run: string,
  sizes: Readonly<Record<string, number>>,
  laterCheckpoints: readonly number[],
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> =>
  changing(run, async () => {
    const longer = await logsBeyond(disk, run, sizes)
    if (longer.length === 0 && laterCheckpoints.length === 0) return
    const kept = await newCutFolder(disk, run)
    await moveCheckpoints(disk, run, laterCheckpoints, kept)
    await moveTails(disk, run, longer, kept)
  })

/**
 * Checks that no log of a run is shorter than its recorded size.
 *
 * @units sizes: bytes
 * @errors FileError that names a log that is shorter
 */
export const requireLogs = (
  run: string,
  sizes: Readonly<Record<string, number>>,
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> =>
  changing(run, async () => {
    await logsBeyond(disk, run, sizes)
  })

/** Moves a file or a folder of a run into a new folder `cut/1`, `cut/2` …, and returns its new path. @errors FileError */
export const moveToCut = (run: string, name: string, disk: Disk = machineDisk): TE.TaskEither<FileError, string> =>
  changing(run, async () => {
    const kept = await newCutFolder(disk, run)
    await disk.rename(join(run, name), join(kept, name))
    await disk.syncFolder(kept)
    await disk.syncFolder(run)
    return join(kept, name)
  })

const changing = <A>(run: string, change: () => Promise<A>): TE.TaskEither<FileError, A> =>
  TE.tryCatch(change, (cause) =>
    cause instanceof FileError
      ? cause
      : new FileError(run, describeFileProblem(cause), 'a run folder whose logs can be cut', { cause }),
  )

/** Log that is longer than its recorded size. */
interface LongLog {
  readonly name: string
  /** Recorded size. @units bytes */
  readonly size: number
}

/** Returns the logs that are longer than their recorded size. @errors throws FileError for one that is shorter */
const logsBeyond = async (
  disk: Disk,
  run: string,
  sizes: Readonly<Record<string, number>>,
): Promise<readonly LongLog[]> => {
  const longer: LongLog[] = []
  for (const name of logsAmong(await disk.list(run))) {
    const [file, size] = [join(run, name), sizes[name] ?? 0]
    const found = (await disk.sizeOf(file)) ?? 0
    if (found < size)
      throw new FileError(file, `${found} bytes`, `at least ${size}, as at the checkpoint: lines of the log are lost`)
    if (found > size) longer.push({ name, size })
  }
  return longer
}

/** Creates the first of the folders `cut/1`, `cut/2` … that does not exist. */
const newCutFolder = async (disk: Disk, run: string): Promise<string> => {
  const cut = join(run, runFiles.cut)
  await disk.createFolder(cut)
  const numbers = (await disk.list(cut)).map(Number).filter(Number.isInteger)
  const folder = join(cut, String(1 + Math.max(0, ...numbers)))
  await disk.createFolder(folder)
  await disk.syncFolder(cut)
  await disk.syncFolder(run)
  return folder
}

const moveCheckpoints = async (disk: Disk, run: string, steps: readonly number[], kept: string): Promise<void> => {
  for (const step of steps.toSorted((a, b) => b - a))
    await disk.rename(checkpointFolder(run, step), join(kept, checkpointName(step)))
  if (steps.length === 0) return
  // In this order a power cut loses no checkpoint.
  await disk.syncFolder(kept)
  await disk.syncFolder(checkpointsFolder(run))
}

/** Moves the ends of logs away. All of them are copied before the first log is cut. */
const moveTails = async (disk: Disk, run: string, longer: readonly LongLog[], kept: string): Promise<void> => {
  for (const { name, size } of longer) await writeDurably(disk, join(kept, name), disk.readFrom(join(run, name), size))
  await disk.syncFolder(kept)
  for (const { name, size } of longer) {
    await disk.truncate(join(run, name), size)
    await disk.syncFile(join(run, name))
  }
}
