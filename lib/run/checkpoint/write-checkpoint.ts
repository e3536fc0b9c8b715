import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { bytesOf, layOut } from '../../checkpoint/safetensors.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { HostTensor } from '../../compute/program/node.js'
import { type Disk, machineDisk, writeDurably } from '../../file/disk.js'
import { FileError } from '../../file/file-error.js'
import { describeFileProblem } from '../../file/file-problem.js'
import { checkpointFiles, checkpointFolder, checkpointName, checkpointsFolder } from './checkpoint-name.js'
import type { FileDigest, NewCheckpoint } from './run-checkpoint.js'
import { encodeStateFile, type StateFile } from './state-file.js'

/** Ending of a folder whose contents are not complete yet. */
export const PART = '.part'
/** Ending of a folder that is about to be removed. */
export const REMOVED = '.removed'

/**
 * Writes a checkpoint into the folder of a run. The files are written into a temporary folder, which gets its name when all of
 * them are on the device, so that a crash between any two system calls leaves no checkpoint that is incomplete.
 *
 * @errors FileError; the checkpoints that were there stay
 */
export const writeCheckpoint = (
  run: string,
  checkpoint: NewCheckpoint,
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, string> => {
  const { step } = checkpoint.pipeline
  const folder = checkpointFolder(run, step)
  return TE.tryCatch(
    async () => {
      const part = `${folder}${PART}`
      try {
        // Without its folder a run has lost its logs, and a new folder would hide that.
        await disk.list(run)
        await disk.remove(part)
        await disk.createFolder(part)
        await writeFiles(disk, part, checkpoint)
        await disk.syncFolder(part)
        // A checkpoint of that name is one that could not be read.
        if ((await disk.list(checkpointsFolder(run))).includes(checkpointName(step))) await removeFolder(disk, folder)
        await disk.rename(part, folder)
        await disk.syncFolder(checkpointsFolder(run))
        // The folder of the first checkpoint is new, too.
        await disk.syncFolder(run)
        return folder
      } catch (error) {
        // The error of the write says more than one of the removal.
        await disk.remove(part).catch(() => undefined)
        throw error
      }
    },
    (cause) => new FileError(folder, describeFileProblem(cause), 'a checkpoint that can be written', { cause }),
  )
}

/** Removes a checkpoint. It loses its name first, so that an interrupted removal does not look like a damaged checkpoint. */
export const removeFolder = async (disk: Disk, folder: string): Promise<void> => {
  await disk.remove(`${folder}${REMOVED}`)
  await disk.rename(folder, `${folder}${REMOVED}`)
  await disk.remove(`${folder}${REMOVED}`)
}

const writeFiles = async (disk: Disk, folder: string, { learner, ...rest }: NewCheckpoint): Promise<void> => {
  const stored = 'savedAs' in learner ? { files: {}, learner } : await writeLearner(disk, folder, learner)
  const state = encodeStateFile({ logs: {}, score: null, inputs: {}, engine: null, config: null, ...rest, ...stored })
  await writeDurably(disk, join(folder, checkpointFiles.state), [new TextEncoder().encode(state)])
}

/** Writes the tensors of a learner, and returns the rest of its state with the digests of the files. */
const writeLearner = async (
  disk: Disk,
  folder: string,
  learner: TrainingState,
): Promise<Pick<StateFile, 'files' | 'learner'>> => {
  const { version, optimizerSteps, gradientNorms = [] } = learner
  const write = (name: 'parameters' | 'firstMoments' | 'secondMoments') =>
    writeTensors(disk, join(folder, checkpointFiles[name]), learner[name])
  return {
    files: {
      [checkpointFiles.parameters]: await write('parameters'),
      [checkpointFiles.firstMoments]: await write('firstMoments'),
      [checkpointFiles.secondMoments]: await write('secondMoments'),
    },
    learner: { version, optimizerSteps, gradientNorms },
  }
}

/** Writes tensors one after the other, so that the file is never in memory as a whole. Returns its digest. */
const writeTensors = async (
  disk: Disk,
  file: string,
  tensors: ReadonlyMap<string, HostTensor>,
): Promise<FileDigest> => {
  const hash = createHash('sha256')
  let bytes = 0
  const pieces = function* () {
    for (const piece of safetensorsOf(tensors)) {
      hash.update(piece)
      bytes += piece.length
      yield piece
    }
  }
  await writeDurably(disk, file, pieces())
  return { bytes, sha256: hash.digest('hex') }
}

function* safetensorsOf(tensors: ReadonlyMap<string, HostTensor>): Generator<Uint8Array> {
  const types = new Map([...tensors].map(([name, { shape }]) => [name, { dtype: 'F32' as const, shape }]))
  yield layOut(types, {}).header
  for (const { data } of tensors.values()) yield bytesOf(data)
}
