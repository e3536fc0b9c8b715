import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'

/**
 * Runs a one-shot effect and returns its value, for programs that use exceptions instead of `Either`.
 *
 * @errors rejects with the error of the effect
 * @example
 * const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
 */
export const orThrow = async <E extends Error, A>(effect: TE.TaskEither<E, A>): Promise<A> =>
  rightOrThrow(await effect())

/** Returns the value of an `Either`. @errors throws the error of the `Either` */
export const rightOrThrow = <E extends Error, A>(result: E.Either<E, A>): A => {
  if (E.isLeft(result)) throw result.left
  return result.right
}
