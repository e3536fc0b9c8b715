import { closeSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import * as IOE from 'fp-ts/lib/IOEither.js'
import { once } from '../resource.js'
import { FileError } from './file-error.js'
import { describeFileProblem } from './file-problem.js'

/** File that grows by whole records. */
export interface GrowingFile {
  /**
   * Writes a record. If it cannot be written as a whole, the file stays as it was, so that the call can be repeated.
   *
   * @errors throws FileError
   */
  readonly append: (record: Uint8Array) => void
  /** Closes the file. A second call has no effect. */
  readonly close: () => void
}

/**
 * Opens a file to append to; `expected` describes it in errors. `endOf` returns the place after the last whole record of a file that
 * exists, from its descriptor and its size. The first append removes the bytes after this place. By default there are none.
 *
 * @units endOf: bytes
 * @errors FileError for a file that cannot be opened
 */
export const openGrowingFile = (
  file: string,
  expected: string,
  endOf: (descriptor: number, size: number) => number = (_descriptor, size) => size,
): IOE.IOEither<FileError, GrowingFile> => {
  const toFileError = (cause: unknown): FileError =>
    cause instanceof FileError ? cause : new FileError(file, describeFileProblem(cause), expected, { cause })
  return IOE.tryCatch(() => {
    let descriptor = openSync(file, 'a+')
    let size = endOf(descriptor, fstatSync(descriptor).size)
    const reopenIfRemoved = (): void => {
      if (fstatSync(descriptor).nlink > 0) return
      // A folder that has vanished may come back, such as that of a disk that was unplugged.
      const found = statSync(file).size
      if (found !== size) throw new FileError(file, `${found} bytes`, `the file of ${size} bytes that was there before`)
      const reopened = openSync(file, 'a+')
      closeSync(descriptor)
      descriptor = reopened
    }
    /** Removes the part of a record that was written before the write failed. */
    const removePart = (): void => {
      if (fstatSync(descriptor).size > size) ftruncateSync(descriptor, size)
    }
    return {
      append: (record) => {
        try {
          reopenIfRemoved()
          removePart()
          for (let at = 0; at < record.length;) at += writeSync(descriptor, record, at)
          size += record.length
        } catch (cause) {
          // If the part cannot be removed now, the next append removes it.
          IOE.tryCatch(removePart, toFileError)()
          throw toFileError(cause)
        }
      },
      close: once(() => closeSync(descriptor)),
    }
  }, toFileError)
}
