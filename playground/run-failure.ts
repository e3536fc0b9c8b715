import * as t from 'io-ts'

/** Part of a run that failed. `worker`: its script did not load. `run`: the training itself. */
export const FailedPartCodec = t.keyof({ worker: null, engine: null, model: null, run: null }, 'FailedPart')
export type FailedPart = t.TypeOf<typeof FailedPartCodec>

/** Error that ended a run. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure'
  readonly part: FailedPart

  constructor(part: FailedPart, message: string) {
    super(message)
    this.part = part
  }
}

/** Returns what a page says about a failure: what failed, why, and a remedy. `engine` is the engine of the form that was chosen. */
export const failureText = (error: unknown, engine: string): string => {
  const message = error instanceof Error ? error.message : String(error)
  const part = error instanceof RunFailure ? error.part : 'run'
  return texts[part](message.replace(/\.$/, ''), engine)
}

const texts: Readonly<Record<FailedPart, (message: string, engine: string) => string>> = {
  worker: (message) =>
    `The run did not start: ${message}. A content blocker, or a copy of this site without all its files, can be the cause.`,
  engine: (message, engine) => `The engine “${engine}” does not start: ${message}. Another engine may work.`,
  model: (message) => `The model does not load: ${message}.`,
  run: (message) => `The run failed: ${message}. Another engine, or fewer prompts per step, may work.`,
}
