import { InputError } from '../../error.js'

/**
 * Error of a data set: of a file, of one of its rows, or of a source of prompts that holds too few. `place` is the
 * file, with the line of the row if there is one.
 */
export class DataError extends InputError {
  readonly _tag = 'DataError'
  override readonly name = 'DataError'
}
