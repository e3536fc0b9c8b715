import { mkdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { sum } from '../../statistics.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'

/** Where a file grows until it is whole. */
export const partOf = (path: string): string => `${path}.part`

/** Makes the folder, and sees that the files will find room there. @errors HubError */
export const makeRoom = async (folder: string, files: readonly RepositoryFile[]): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true })
    const needed = sum(await Promise.all(files.map((file) => lacks(folder, file))))
    const { bavail, bsize } = await statfs(folder)
    if (needed > bavail * bsize)
      throw new HubError('disk', folder, `room for ${bavail * bsize} bytes`, `${needed}: that much is still to come`)
  } catch (error) {
    throw ofDisk(error, folder)
  }
}

/** Bytes of a file that are not here. */
const lacks = async (folder: string, { path, size }: RepositoryFile): Promise<number> => {
  const there = await Promise.all(
    [path, partOf(path)].map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  )
  return Math.max(0, size - Math.max(...there))
}

/** What the file system says, in words that help; any other error as it is. */
export const ofDisk = (error: unknown, path: string): unknown => {
  if (!isSystemError(error)) return error
  const remedy =
    error.code === 'ENOSPC'
      ? 'room on the disk; run it again once there is: it goes on from here'
      : 'a place to write to'
  return new HubError('disk', error.path ?? path, error.message, remedy, { cause: error })
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'errno' in error
