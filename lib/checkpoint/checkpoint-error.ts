/** A checkpoint that cannot be read or written: which file, what was found and what was expected. */
export class CheckpointError extends Error {
  readonly _tag = 'CheckpointError'
  constructor(
    readonly file: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${file}: found ${found}, expected ${expected}`)
    this.name = 'CheckpointError'
  }
}
