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

/** Opens a file to append to; `expected` describes it in errors. @errors FileError for a file that cannot be opened */
export const openGrowingFile = (file: string, expected: string): IOE.IOEither<FileError, GrowingFile> => {
  const toFileError = (cause: unknown): FileError =>
    cause instanceof FileError ? cause : new FileError(file, describeFileProblem(cause), expected, { cause })
  return IOE.tryCatch(() => {
    let descriptor = openSync(file, 'a')
    let size = fstatSync(descriptor).size
    const reopenIfRemoved = (): void => {
      if (fstatSync(descriptor).nlink > 0) return
      // A folder that has vanished may come back, such as that of a disk that was unplugged.
      const found = statSync(file).size
      if (found !== size) throw new FileError(file, `${found} bytes`, `the file of ${size} bytes that was there before`)
      const reopened = openSync(file, 'a')
      closeSync(descriptor)
      descriptor = reopened
    }
    return {
      append: (record) => {
        try {
          reopenIfRemoved()
          for (let at = 0; at < record.length;) at += writeSync(descriptor, record, at)
          size += record.length
        } catch (cause) {
          removeRest(descriptor, size)
          throw toFileError(cause)
        }
      },
      close: once(() => closeSync(descriptor)),
    }
  }, toFileError)
}

/** Removes the part of a record that was written. If that fails too, the reader of the file leaves the part out. */
const removeRest = (descriptor: number, size: number): void => {
  try {
    ftruncateSync(descriptor, size)
  } catch {
    // The error of the write is reported.
  }
}
