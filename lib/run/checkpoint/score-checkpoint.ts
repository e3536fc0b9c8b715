import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../../file/file-error.js'
import { fileErrorCode } from '../../file/file-error-code.js'
import { isMissing } from '../../file/missing-file.js'
import { writeWhole } from '../../file/write-whole.js'
import { checkpointFiles, checkpointFolder } from './checkpoint-name.js'
import { readCheckpointState } from './read-checkpoint.js'
import { encodeStateFile } from './state-file.js'

/**
 * Writes a score on held-out prompts into the checkpoint of a step, whose weights were evaluated after it was written. A checkpoint
 * that is missing or damaged stays as it is.
 *
 * @errors FileError for a state that the disk does not give, or does not take
 */
export const scoreCheckpoint =
  (run: string, step: number, score: number): TE.TaskEither<FileError, void> =>
  async () => {
    const state = await readCheckpointState(run, step)()
    if (E.isLeft(state)) {
      const { place, found, expected, cause } = state.left
      const isThere = fileErrorCode(cause) !== null && !isMissing(cause)
      return isThere ? E.left(new FileError(place, found, expected, { cause })) : E.right(undefined)
    }
    if (state.right.score === score) return E.right(undefined)
    const file = join(checkpointFolder(run, step), checkpointFiles.state)
    return writeWhole(file, encodeStateFile({ ...state.right, score }))()
  }
