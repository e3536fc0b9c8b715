import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describeFileProblem } from './file-problem.js'

/** Error of a path that is no regular file, or of a file that is larger than files of its kind. The message says what was found. */
class UnusableFile extends Error {}

/**
 * Opens a regular file, or a link to one. A FIFO would wait for a writer, and a device may never end.
 *
 * @errors rejects with the error of the file system, or with one whose message names what is at the path
 */
export const openRegularFile = async (file: string): Promise<FileHandle> => {
  requireRegular(await stat(file))
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    requireRegular(await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Checks that a path is a regular file, or a link to one. It does not open the file.
 *
 * @errors the text of what is at the path, for the field `found` of an error
 */
export const requireRegularFile = (file: string): TE.TaskEither<string, void> =>
  TE.tryCatch(async () => requireRegular(await stat(file)), describeFileProblem)

/** Reads a regular file of at most `limit` bytes. @errors rejects as {@link openRegularFile} does, and for a larger file */
export const readRegularFile = async (file: string, limit: number): Promise<Buffer> => {
  const handle = await openRegularFile(file)
  try {
    const { size } = await handle.stat()
    if (size > limit) throw new UnusableFile(`${size} bytes, more than the ${limit} that such a file may have`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/**
 * Reads `length` bytes from `start` into new memory. `endError` makes the error of a file that ends before that; it gets the
 * place of the end.
 *
 * @errors rejects with the error of the file system, or with that of `endError`
 */
export const readPart = async (
  handle: FileHandle,
  start: number,
  length: number,
  endError: (end: number) => Error,
): Promise<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, length - at, start + at)
    if (bytesRead === 0) throw endError(start + at)
    at += bytesRead
  }
  return bytes.buffer
}

const requireRegular = (stats: Stats): void => {
  if (!stats.isFile()) throw new UnusableFile(kindOf(stats))
}

const kindOf = (stats: Stats): string => {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
