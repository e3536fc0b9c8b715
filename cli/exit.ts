import { describeThrown } from '../lib/describe.js'
import { describeFileProblem } from '../lib/file/file-problem.js'

/** Exit codes of the process. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

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
