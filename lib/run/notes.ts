import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import * as IOE from 'fp-ts/lib/IOEither.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import type { Clock } from '../timing/clock.js'
import { runFiles } from './run-folder.js'

/**
 * Appends a line with its time to the notes of a run.
 *
 * @units clock: seconds since 1970
 * @errors FileError for notes that cannot be written
 */
export const appendNote = (folder: string, text: string, clock: Clock): IOE.IOEither<FileError, void> => {
  const file = join(folder, runFiles.notes)
  return IOE.tryCatch(
    () => appendFileSync(file, `${new Date(1000 * clock()).toISOString()} ${text}\n`),
    (cause) => new FileError(file, describeFileProblem(cause), 'a log that can be written', { cause }),
  )
}
