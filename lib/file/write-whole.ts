import { rename, rm, writeFile } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from './file-error.js'
import { describeFileProblem } from './file-problem.js'
import { isMissing } from './missing-file.js'

/** Writes a file under a temporary name and renames it, so that a failure leaves no partial file. @errors FileError */
export const writeWhole = (file: string, contents: string | Uint8Array): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const part = `${file}.part`
      try {
        await writeFile(part, contents)
        await rename(part, file)
      } catch (error) {
        await rm(part, { force: true })
        throw error
      }
    },
    (cause) =>
      isMissing(cause)
        ? new FileError(file, 'no such folder', 'a folder to write into', { cause })
        : new FileError(file, describeFileProblem(cause), 'a file that can be written', { cause }),
  )
