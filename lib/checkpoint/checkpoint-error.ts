import { InputError } from '../error.js'

/** Error of a checkpoint, model folder or adapter that cannot be read or written. `place` is the file. */
export class CheckpointError extends InputError {
  readonly _tag = 'CheckpointError'
  override readonly name = 'CheckpointError'
}
