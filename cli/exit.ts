/** What the process tells whoever started it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** An error and what caused it, a line for each cause. */
export const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return [error.message, ...causes(error)].join('\n  caused by: ')
}

/** Node's own messages go on with paths of ours after their first line. */
const causes = ({ message, cause }: Error): readonly string[] => {
  if (!(cause instanceof Error)) return []
  const first = cause.message.split('\n', 1)[0]!
  return message.includes(first) ? causes(cause) : [first, ...causes(cause)]
}
