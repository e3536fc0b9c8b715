import { InputError } from '../error.js'

/** Error of a file or folder that cannot be created, read or written. `place` is its path, with the line if there is one. */
export class FileError extends InputError {
  readonly _tag = 'FileError'
  override readonly name = 'FileError'
}
