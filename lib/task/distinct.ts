import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, describeThrown } from '../describe.js'
import { integerFrom } from '../option.js'
import type { Prompt, PromptSource } from '../rollout/prompt.js'
import { DataError } from './data/data-error.js'

/** Number of known prompts in a row after which the source counts as exhausted. */
const PATIENCE = 5000

/**
 * Reads the first `count` different prompts of a source that may repeat itself. They form an evaluation set.
 *
 * @errors DataError if the source holds fewer different prompts or cannot be read, and if the count is no integer >= 1
 * @example
 * const questions = await orThrow(distinctPrompts(task.prompts('test', 0), 100))
 */
export const distinctPrompts = (source: PromptSource, count: number): TE.TaskEither<DataError, readonly Prompt[]> =>
  pipe(
    firstDistinctPrompts(source, count),
    TE.filterOrElse(
      (found) => found.length === count,
      (found) => new DataError('prompts', `${found.length} different prompts`, String(count)),
    ),
  )

/**
 * Reads the first different prompts of a source that may repeat itself: `most` of them, or all if the source has fewer.
 *
 * @errors DataError for a number that is no integer >= 1, and if the source cannot be read
 */
export const firstDistinctPrompts = (
  source: PromptSource,
  most: number,
): TE.TaskEither<DataError, readonly Prompt[]> => {
  const rule = integerFrom(1)
  return rule.holds(most)
    ? TE.tryCatch(() => readDistinct(source, most), readError)
    : TE.left(new DataError('count', describe(most), rule.expected))
}

const readError = (cause: unknown): DataError =>
  cause instanceof DataError
    ? cause
    : new DataError('prompts', cause instanceof Error ? cause.message : describeThrown(cause), 'a source of prompts', {
        cause,
      })

const readDistinct = async (source: PromptSource, most: number): Promise<readonly Prompt[]> => {
  const found = new Map<string, Prompt>()
  let repeats = 0
  for await (const prompt of source) {
    repeats = found.has(prompt.id) ? repeats + 1 : 0
    if (repeats === 0) found.set(prompt.id, prompt)
    if (found.size === most || repeats === PATIENCE) break
  }
  return [...found.values()]
}
