import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../file/file-error.js'
import { describeFolderProblem } from '../file/file-problem.js'

/** Names of the files and folders in a run folder. */
export const runFiles = {
  /** Resolved configuration; `entrain train --config` repeats the run. */
  config: 'config.yaml',
  /** Log with one {@link StepMetrics} per line; the same seed writes the same bytes. */
  metrics: 'metrics.jsonl',
  /** Log with one {@link StepSeconds} per line. */
  timings: 'timings.jsonl',
  /** Log with one {@link StepEvaluation} per line. */
  evaluations: 'evaluations.jsonl',
  /** Log with some rollouts of every step, for people to read: one {@link StepRollouts} per line. */
  rollouts: 'rollouts.jsonl',
  /** Status and results of the run, a {@link RunSummary}. */
  summary: 'summary.json',
  /** Identity of the process that trains the run; the file exists while it does. */
  lock: 'run.lock',
  /** Messages of the run that its terminal did not take, one per line. */
  notes: 'notes.log',
  /** Trained model, if the run started from a safetensors file. */
  checkpoint: 'checkpoint.safetensors',
  /** Trained model, if the run started from a Hugging Face folder or a GGUF file: a folder that transformers loads. */
  model: 'model',
  /** Trained adapters, if the run trained adapters: a folder that PEFT loads. */
  adapter: 'adapter',
  /** Folder of the checkpoints that the run resumes from. */
  checkpoints: 'checkpoints',
  /** File of zeros that is removed when the disk is full, so that a checkpoint fits. It exists while the run lasts. */
  spare: 'spare',
  /** Folder of the lines and checkpoints that a resumed run has cut off, one folder for each time. */
  cut: 'cut',
  /** Log with one line for each time that the run was resumed: the step, the time, and the settings that have changed. */
  resumptions: 'resumptions.jsonl',
  /** Folder of the batches whose updates were refused; `entrain inspect` reads them. */
  quarantine: 'quarantine',
  /** Run folder of the comparison, if the run was compared with another algorithm. It has no trained model. */
  comparison: 'compare',
  /** Plot of the entropy and its band, without file extension. */
  entropyPlot: 'entropy',
  /** Plot of the reward, without file extension. */
  rewardPlot: 'reward',
} as const

/**
 * Creates a run folder at a path. Two runs of one program never share a folder. Two runs of two programs never share one if
 * they give their configuration: it becomes the file `config.yaml`, which only one of them can create.
 *
 * @errors FileError if a file or a folder that is not empty exists there
 */
export const namedRunFolder = (path: string, config?: string): TE.TaskEither<FileError, string> =>
  TE.tryCatch(
    async () => {
      await mkdir(path, { recursive: true })
      const found = await readdir(path)
      if (found.length > 0 || !(await claimFolder(path, config))) throw occupied(path, Math.max(1, found.length))
      return path
    },
    (cause) => (cause instanceof FileError ? cause : folderError(path, cause)),
  )

/** Returns the error of a path with a folder that is not empty. */
export const occupied = (path: string, entries: number): FileError =>
  new FileError(path, `a folder with ${entries} entries`, 'no folder, or an empty one')

/**
 * Creates the run folder `root/name`, or `root/name-2`, `root/name-3` … if runs of that name exist. `config` becomes its file
 * `config.yaml`.
 *
 * @errors FileError
 */
export const nextRunFolder = (root: string, name: string, config?: string): TE.TaskEither<FileError, string> =>
  TE.tryCatch(
    async () => {
      await mkdir(root, { recursive: true })
      for (let count = 1; ; count++) {
        const path = join(root, count === 1 ? name : `${name}-${count}`)
        if ((await createFolder(path)) && (await claimFolder(path, config))) return path
      }
    },
    (cause) => folderError(join(root, name), cause),
  )

/** Creates a folder; false if it exists. It is one call, so that two runs that start together get two folders. */
const createFolder = (path: string): Promise<boolean> => succeedsUnlessItExists(mkdir(path))

/** Run folders that this program created without a configuration, by device, inode and time of birth. */
const claimed = new Set<string>()

/** Makes an empty folder that of one run; false if it is that of another run. */
const claimFolder = async (path: string, config: string | undefined): Promise<boolean> => {
  if (config !== undefined)
    return succeedsUnlessItExists(writeFile(join(path, runFiles.config), config, { flag: 'wx' }))
  // An inode alone may be that of a folder that was removed.
  const { dev, ino, birthtimeNs } = await stat(path, { bigint: true })
  const key = [dev, ino, birthtimeNs].join()
  if (claimed.has(key)) return false
  claimed.add(key)
  return true
}

const succeedsUnlessItExists = (creation: Promise<void>): Promise<boolean> =>
  creation.then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'EEXIST')) return false
      throw error
    },
  )

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const folderError = (path: string, cause: unknown): FileError =>
  new FileError(path, describeFolderProblem(cause), 'a path where a folder can be created', { cause })
