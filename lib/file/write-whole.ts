import { dirname } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Disk, machineDisk, writeDurably } from './disk.js'
import { FileError } from './file-error.js'
import { describeFileProblem } from './file-problem.js'
import { isMissing } from './missing-file.js'

/** Temporary name of a file until it is complete. */
export const partOf = (file: string): string => `${file}.part`

/**
 * Writes a file under a temporary name and renames it, so that a failure or a crash leaves no partial file. The file is on the
 * device when the effect ends.
 *
 * @errors FileError
 */
export const writeWhole = (
  file: string,
  contents: string | Uint8Array,
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const part = partOf(file)
      const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents
      try {
        await writeDurably(disk, part, [bytes])
        await disk.rename(part, file)
        await disk.syncFolder(dirname(file))
      } catch (error) {
        // The error of the write says more than one of the removal.
        await disk.remove(part).catch(() => undefined)
        throw error
      }
    },
    (cause) =>
      isMissing(cause)
        ? new FileError(file, 'no such folder', 'a folder to write into', { cause })
        : new FileError(file, describeFileProblem(cause), 'a file that can be written', { cause }),
  )
