import { InputError } from '../../lib/error.js'

/** Error of a dashboard that cannot be opened. `place` is its address, or the setting that is wrong. */
export class DashboardError extends InputError {
  readonly _tag = 'DashboardError'
  override readonly name = 'DashboardError'
}
