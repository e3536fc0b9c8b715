import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../../lib/file/file-error.js'

/**
 * Checks that a file does not exist and that its folder does. The check comes before the work, because the contents of the
 * file take minutes to compute.
 *
 * @errors FileError
 */
export const requireNewFile =
  (file: string): TE.TaskEither<FileError, void> =>
  async () => {
    const [existing, folder] = await Promise.all([file, dirname(file)].map((path) => stat(path).catch(() => null)))
    if (existing) return E.left(new FileError(file, 'a file', 'a name that is free'))
    if (!folder?.isDirectory()) return E.left(new FileError(dirname(file), 'no such folder', 'a folder to write into'))
    return E.right(undefined)
  }
