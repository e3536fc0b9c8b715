import { InputError } from '../../error.js'

/**
 * Kind of a {@link HubError}.
 *
 * - `unreachable`: no connection, or the connection was cut
 * - `busy`: the hub rejects requests for a limited time
 * - `denied`: the hub rejects the account or its token
 * - `missing`: the repository, revision or file does not exist
 * - `unusable`: the answer or the repository does not have the expected form
 * - `damaged`: the downloaded bytes do not match the file's checksum
 * - `disk`: the file cannot be written
 */
export type HubProblem = 'unreachable' | 'busy' | 'denied' | 'missing' | 'unusable' | 'damaged' | 'disk'

/** Error of a download from a model hub. `place` is the address or file; `expected` may name the remedy. */
export class HubError extends InputError {
  readonly _tag = 'HubError'
  override readonly name = 'HubError'
  /** Time after which the hub accepts another request; null if the hub sends no time. @units seconds */
  readonly wait: number | null
  constructor(
    readonly problem: HubProblem,
    place: string,
    found: string,
    expected: string,
    { cause, wait = null }: { readonly cause?: unknown; readonly wait?: number | null } = {},
  ) {
    super(place, found, expected, { cause })
    this.wait = wait
  }
}
