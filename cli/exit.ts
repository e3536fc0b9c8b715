import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'

/** What the process tells whoever started it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** The value, or its error thrown: commands are one sequence of steps, and the first that fails ends them. */
export const orThrow = async <E extends Error, A>(step: TE.TaskEither<E, A>): Promise<A> => unwrap(await step())

export const unwrap = <E extends Error, A>(result: E.Either<E, A>): A => {
  if (E.isLeft(result)) throw result.left
  return result.right
}

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
