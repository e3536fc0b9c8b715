import { rename, rm, writeFile } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from './file-error.js'

/** Writes a file whole or not at all: beside it first, then renamed into place. @errors FileError */
export const writeWhole = (file: string, contents: string | Uint8Array): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const beside = `${file}.part`
      try {
        await writeFile(beside, contents)
        await rename(beside, file)
      } catch (error) {
        await rm(beside, { force: true })
        throw error
      }
    },
    (cause) => new FileError(file, String(cause), 'a file that can be written', { cause }),
  )
