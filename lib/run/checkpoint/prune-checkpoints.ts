import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { type Disk, machineDisk } from '../../file/disk.js'
import { FileError } from '../../file/file-error.js'
import { describeFileProblem } from '../../file/file-problem.js'
import { isMissing } from '../../file/missing-file.js'
import { checkOption, integerFrom } from '../../option.js'
import { checkpointFolder, checkpointsFolder } from './checkpoint-name.js'
import { checkpointSteps, readCheckpointState } from './read-checkpoint.js'
import { PART, REMOVED, removeFolder } from './write-checkpoint.js'

/**
 * Removes all checkpoints of a run but the newest `keep`, and the one with the best score on held-out prompts. A checkpoint whose state
 * cannot be read stays, because it may have the best score: a disk that fails may be read again later. Returns the errors of those that
 * would be removed otherwise.
 *
 * @errors RangeError, thrown by the call, if `keep` is no integer >= 1; FileError for a folder that cannot be removed; CheckpointError
 *         for a folder that cannot be read
 */
export const pruneCheckpoints = (
  run: string,
  keep: number,
): TE.TaskEither<FileError | CheckpointError, readonly CheckpointError[]> => {
  checkOption('keep', keep, integerFrom(1))
  return pipe(
    checkpointSteps(run),
    TE.chainTaskK(
      T.traverseSeqArray((step) =>
        pipe(
          readCheckpointState(run, step),
          TE.map(({ score }) => ({ step, score })),
        ),
      ),
    ),
    TE.chainW((checkpoints) => {
      const best = bestOf(RA.rights(checkpoints))
      const { left: unread, right: read } = RA.separate(checkpoints.slice(0, -keep))
      const superfluous = read.map(({ step }) => step).filter((step) => step !== best)
      return pipe(
        removeCheckpoints(run, superfluous),
        TE.map(() => unread),
      )
    }),
  )
}

interface ScoredCheckpoint {
  readonly step: number
  readonly score: number | null
}

/** Returns the step of the best score, the latest of equal ones; null if no checkpoint has a score. */
const bestOf = (checkpoints: readonly ScoredCheckpoint[]): number | null => {
  let best: { readonly step: number; readonly score: number } | null = null
  for (const { step, score } of checkpoints)
    if (score !== null && (best === null || score >= best.score)) best = { step, score }
  return best?.step ?? null
}

/**
 * Removes the rest of saves and of removals that were interrupted, which no later save would replace. Only the process that trains
 * the run may call it, before its first save.
 *
 * @errors FileError for a folder that cannot be removed
 */
export const removeRests = (run: string, disk: Disk = machineDisk): TE.TaskEither<FileError, void> => {
  const folder = checkpointsFolder(run)
  return TE.tryCatch(
    async () => {
      const names = await disk.list(folder).catch(noneIfMissing)
      const rests = names.filter((name) => name.endsWith(PART) || name.endsWith(REMOVED))
      for (const name of rests) await disk.remove(join(folder, name))
      if (rests.length > 0) await disk.syncFolder(folder)
    },
    (cause) => new FileError(folder, describeFileProblem(cause), 'checkpoints that can be removed', { cause }),
  )
}

const noneIfMissing = (error: unknown): readonly string[] => {
  if (isMissing(error)) return []
  throw error
}

/** Removes the checkpoints of these steps, and the rest of those whose removal was interrupted. @errors FileError */
export const removeCheckpoints = (
  run: string,
  steps: readonly number[],
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> => {
  const folder = checkpointsFolder(run)
  return TE.tryCatch(
    async () => {
      for (const step of steps) await removeFolder(disk, checkpointFolder(run, step))
      const names = await disk.list(folder)
      for (const name of names) if (name.endsWith(REMOVED)) await disk.remove(join(folder, name))
      await disk.syncFolder(folder)
    },
    (cause) => new FileError(folder, describeFileProblem(cause), 'checkpoints that can be removed', { cause }),
  )
}
