/** Base class of every error that entrain returns in an `Either` or raises. */
export abstract class EntrainError extends Error {
  /** Kind of the error, for a `switch`. */
  abstract readonly _tag: string
}

/** Base class of errors about outside data: the place, the value that was found there, and the value that was expected. */
export abstract class InputError extends EntrainError {
  constructor(
    /** File, line, field, address or setting that the error is about. */
    readonly place: string,
    readonly found: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(`${place}: found ${found}, expected ${expected}`, options)
  }
}
