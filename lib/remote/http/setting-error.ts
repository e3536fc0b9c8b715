import { InputError } from '../../error.js'

/**
 * Error of a setting of a connection: an address, a key, or a proxy. `place` is the option, the variable or the file. Keys and
 * passwords are never part of it.
 */
export class SettingError extends InputError {
  readonly _tag = 'SettingError'
  override readonly name = 'SettingError'
}
