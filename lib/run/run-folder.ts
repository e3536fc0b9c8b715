import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../file/file-error.js'

/** What a run leaves behind. */
export const runFiles = {
  /** The configuration as it was resolved: `entrain train --config` runs it again. */
  config: 'config.yaml',
  /** One {@link StepMetrics} a line, the same bytes for the same seed. */
  metrics: 'metrics.jsonl',
  /** One {@link StepSeconds} a line. */
  timings: 'timings.jsonl',
  /** One {@link StepEvaluation} a line. */
  evaluations: 'evaluations.jsonl',
  /** Some rollouts of every step, to be read: one {@link StepRollouts} a line. */
  rollouts: 'rollouts.jsonl',
  /** A {@link RunSummary}. */
  summary: 'summary.json',
  /** The model, where it came in such a file. */
  checkpoint: 'checkpoint.safetensors',
  /** The model, where it came from a Hugging Face folder or a GGUF file: a folder that transformers loads. */
  model: 'model',
  /** Adapters, where they are what was trained: a folder that PEFT loads. */
  adapter: 'adapter',
  entropyPlot: 'entropy',
  rewardPlot: 'reward',
} as const

/** Makes the folder at that path. @errors FileError where something is there already, but for an empty folder */
export const namedRunFolder = (path: string): TE.TaskEither<FileError, string> =>
  TE.tryCatch(
    async () => {
      await mkdir(path, { recursive: true })
      const found = await readdir(path)
      if (found.length > 0) throw new FileError(path, `a folder with ${found.length} entries`, 'none, or an empty one')
      return path
    },
    (cause) => (cause instanceof FileError ? cause : notMade(path, cause)),
  )

/**
 * Makes `root/name`, or `root/name-2`, `root/name-3` … where runs of that name exist.
 *
 * @errors FileError
 */
export const nextRunFolder = (root: string, name: string): TE.TaskEither<FileError, string> =>
  TE.tryCatch(
    async () => {
      await mkdir(root, { recursive: true })
      for (let count = 1; ; count++) {
        const path = join(root, count === 1 ? name : `${name}-${count}`)
        if (await madeNow(path)) return path
      }
    },
    (cause) => notMade(join(root, name), cause),
  )

/** Making and finding out are one step, so two runs that start together get two folders. */
const madeNow = (path: string): Promise<boolean> =>
  mkdir(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
      throw error
    },
  )

const notMade = (path: string, cause: unknown): FileError =>
  new FileError(path, String(cause), 'a place where a folder can be made', { cause })
