import { describeThrown } from '../lib/describe.js'
import { describeFileProblem } from '../lib/file/file-problem.js'

/** Exit codes of the process. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/** Exit codes of a process that a signal has stopped in order: 128 and the number of the signal, as shells count. */
export const signalCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Signal that stops a command in order. */
export type StopSignal = keyof typeof signalCodes

/** Formats an error with its causes, one line for each cause. It never throws, because code of others throws anything. */
export const explain = (error: unknown): string => {
  try {
    if (error instanceof Error) return [error.message, ...causes(error, [error])].join('\n  caused by: ')
  } catch {
    // A getter of the error, or of a cause, throws.
  }
  return describeThrown(error)
}

/**
 * Only the first line of a cause is kept, because Node appends paths of this machine to its messages. A cause that is among
 * the errors that it caused is left out.
 */
const causes = ({ message, cause }: Error, above: readonly unknown[]): readonly string[] => {
  if (!(cause instanceof Error) || above.includes(cause)) return []
  const first = cause.message.split('\n', 1)[0]!
  const below = causes(cause, [...above, cause])
  const isSaid = [first, describeFileProblem(cause)].some((text) => message.includes(text))
  return isSaid ? below : [first, ...below]
}
