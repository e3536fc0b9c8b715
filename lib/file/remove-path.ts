import * as TE from 'fp-ts/lib/TaskEither.js'
import { machineDisk } from './disk.js'
import { FileError } from './file-error.js'
import { describeFileProblem } from './file-problem.js'

/** Removes a file, or a folder with its contents. A missing one is no error. @errors FileError */
export const removePath = (path: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    () => machineDisk.remove(path),
    (cause) => new FileError(path, describeFileProblem(cause), 'a file or a folder that can be removed', { cause }),
  )
