import { mkdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { sum } from '../../statistics.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'

/** Returns the path of a file while it is incomplete. */
export const partPath = (path: string): string => `${path}.part`

/** Creates a folder and checks that the files fit on its disk. @errors rejects with HubError */
export const prepareFolder = async (folder: string, files: readonly RepositoryFile[]): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true })
    const missing = await Promise.all(files.map((file) => missingBytes(folder, file)))
    const needed = sum(missing)
    const { bavail, bsize } = await statfs(folder)
    if (needed > bavail * bsize)
      throw new HubError(
        'disk',
        folder,
        `${bavail * bsize} free bytes`,
        `${needed} free bytes for the files that are missing`,
      )
  } catch (error) {
    throw toDiskError(error, folder)
  }
}

/** Returns the number of bytes that are still to download. */
const missingBytes = async (folder: string, { path, size }: RepositoryFile): Promise<number> => {
  const sizes = await Promise.all(
    [path, partPath(path)].map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  )
  return Math.max(0, size - Math.max(...sizes))
}

/** Converts an error of the file system and adds a remedy. Other errors stay the same. */
export const toDiskError = (error: unknown, path: string): unknown => {
  if (!isSystemError(error)) return error
  const remedy =
    error.code === 'ENOSPC'
      ? 'free disk space; free some and run it again to resume the download'
      : 'a path that can be written'
  return new HubError('disk', error.path ?? path, error.message, remedy, { cause: error })
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'errno' in error
