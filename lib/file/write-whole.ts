import { rename, rm, writeFile } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { RunError } from '../run/run-error.js'

/** Writes a file whole or not at all: beside it first, then renamed into place. @errors RunError */
export const writeWhole = (file: string, contents: string | Uint8Array): TE.TaskEither<RunError, void> =>
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
    (cause) => new RunError(file, String(cause), 'a file that can be written', { cause }),
  )
