import { InputError } from '../../error.js'

/** Error of a data file or of one of its rows. `place` is the file, with the line of the row if there is one. */
export class DataError extends InputError {
  readonly _tag = 'DataError'
  override readonly name = 'DataError'
}
