/** A run folder that cannot be made, written or read: where, what was found and what was expected. */
export class RunError extends Error {
  readonly _tag = 'RunError'
  constructor(
    readonly path: string,
    readonly found: string,
    readonly expected: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${path}: found ${found}, expected ${expected}`, options)
    this.name = 'RunError'
  }
}
