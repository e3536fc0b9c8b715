import { describeFileProblem } from '../lib/file/file-problem.js'

/** Exit codes of the process. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Formats an error with its causes, one line for each cause. */
export const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return [error.message, ...causes(error)].join('\n  caused by: ')
}

/** Only the first line of a cause is kept, because Node appends paths of this machine to its messages. */
const causes = ({ message, cause }: Error): readonly string[] => {
  if (!(cause instanceof Error)) return []
  const first = cause.message.split('\n', 1)[0]!
  const isSaid = [first, describeFileProblem(cause)].some((text) => message.includes(text))
  return isSaid ? causes(cause) : [first, ...causes(cause)]
}
