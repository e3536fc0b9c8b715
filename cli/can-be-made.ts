import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../lib/file/file-error.js'

/** What goes into a file takes minutes to make: none is written over, and none is made that has no place to go. */
export const canBeMade =
  (file: string): TE.TaskEither<FileError, void> =>
  async () => {
    const [there, folder] = await Promise.all([file, dirname(file)].map((path) => stat(path).catch(() => null)))
    if (there) return E.left(new FileError(file, 'a file', 'a name that is free'))
    if (!folder?.isDirectory()) return E.left(new FileError(dirname(file), 'no such folder', 'one to write into'))
    return E.right(undefined)
  }
