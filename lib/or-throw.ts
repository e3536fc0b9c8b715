import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'

/** Runs a one-shot effect and returns its value; throws its error. For programs that prefer exceptions to `Either`. */
export const orThrow = async <E extends Error, A>(effect: TE.TaskEither<E, A>): Promise<A> =>
  rightOrThrow(await effect())

/** Returns the value of an `Either`; throws its error. */
export const rightOrThrow = <E extends Error, A>(result: E.Either<E, A>): A => {
  if (E.isLeft(result)) throw result.left
  return result.right
}
