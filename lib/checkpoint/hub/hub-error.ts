/**
 * - `unreachable`: no connection, or one that was cut
 * - `busy`: the hub asks to come back later
 * - `denied`: the account, or its token, is not let in
 * - `missing`: no such repository, revision or file
 * - `unusable`: an answer, or a repository, that is not what was asked for
 * - `damaged`: the bytes that came are not those of the file
 * - `disk`: they cannot be written
 */
export type HubProblem = 'unreachable' | 'busy' | 'denied' | 'missing' | 'unusable' | 'damaged' | 'disk'

/** What keeps a model on the hub from coming here: where, what was found, and what was expected or has to be done. */
export class HubError extends Error {
  readonly _tag = 'HubError'
  /** How long the hub asks to be left alone, where it says so. @units seconds */
  readonly wait: number | null
  constructor(
    readonly problem: HubProblem,
    readonly where: string,
    readonly found: string,
    readonly expected: string,
    { cause, wait = null }: { readonly cause?: unknown; readonly wait?: number | null } = {},
  ) {
    super(`${where}: found ${found}, expected ${expected}`, { cause })
    this.name = 'HubError'
    this.wait = wait
  }
}
