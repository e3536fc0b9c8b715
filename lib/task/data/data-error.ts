/** Rows that cannot be read: which file and line, what was found and what was expected. */
export class DataError extends Error {
  readonly _tag = 'DataError'
  constructor(
    readonly place: string,
    readonly found: string,
    readonly expected: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${place}: found ${found}, expected ${expected}`, options)
    this.name = 'DataError'
  }
}
