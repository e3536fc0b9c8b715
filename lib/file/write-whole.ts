import { dirname } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { machineDisk, writeDurably } from './disk.js'
import { FileError } from './file-error.js'
import { describeFileProblem } from './file-problem.js'
import { isMissing } from './missing-file.js'

/**
 * Writes a file under a temporary name and renames it, so that a failure or a crash leaves no partial file. The file is on the
 * device when the effect ends.
 *
 * @errors FileError
 */
export const writeWhole = (file: string, contents: string | Uint8Array): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const part = `${file}.part`
      const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents
      try {
        await writeDurably(machineDisk, part, [bytes])
        await machineDisk.rename(part, file)
        await machineDisk.syncFolder(dirname(file))
      } catch (error) {
        await machineDisk.remove(part)
        throw error
      }
    },
    (cause) =>
      isMissing(cause)
        ? new FileError(file, 'no such folder', 'a folder to write into', { cause })
        : new FileError(file, describeFileProblem(cause), 'a file that can be written', { cause }),
  )
