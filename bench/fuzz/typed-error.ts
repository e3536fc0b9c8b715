import type * as TE from 'fp-ts/lib/TaskEither.js'
import { ConfigError } from '../../cli/config/config-error.js'
import { type EntrainError, InputError } from '../../lib/error.js'
import { describeThrown } from '../../lib/describe.js'
import { rightOrThrow } from '../../lib/or-throw.js'

/** Returns whether an error says what is wrong with an input: place, found and expected, or the problems of a configuration. */
export const isTyped = (error: unknown): error is EntrainError =>
  (error instanceof InputError && [error.place, error.found, error.expected].every((text) => text !== '')) ||
  (error instanceof ConfigError && error.problems.length > 0)

/**
 * Returns the value of a one-shot effect.
 *
 * @errors rejects with the error of the effect, and with an untyped error if the effect rejects, which it never may
 */
export const valueOf = async <E extends Error, A>(effect: TE.TaskEither<E, A>): Promise<A> =>
  rightOrThrow(
    await effect().catch((error: unknown) => {
      throw new Error(`a rejected effect: ${describeUntyped(error)}`, { cause: error })
    }),
  )

/** Runs a reader whose refusals do not matter, because another reader has accepted the input. @errors every untyped error */
export const unlessRefused = async (work: () => unknown): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!isTyped(error)) throw error
  }
}

/** Longest text of an error in a finding. @units characters */
const LONGEST = 160

/** Describes an untyped error in one line: its class and its message. */
export const describeUntyped = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${describeThrown(error)}`
  return text.split('\n', 1)[0]!.slice(0, LONGEST)
}
