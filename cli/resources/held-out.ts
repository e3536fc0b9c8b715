import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import { firstDistinctPrompts } from '../../lib/task/distinct.js'
import type { Split, Task } from '../../lib/task/task.js'
import { ConfigError } from '../config/config-error.js'
import { explain } from '../exit.js'
import type { Terminal } from '../terminal.js'

/** Random seed of the held-out prompts. It is fixed, so that every run of a task is evaluated on the same prompts. */
const HELD_OUT_SEED = 0

/** Number of held-out prompts that a command wants. */
export interface HeldOutCount {
  readonly count: number
  /** Number that the command uses unless a person asks for another. */
  readonly preset: number
  /** Flag that sets the number. */
  readonly flag: string
}

/**
 * Returns the first distinct prompts of a split. A split with fewer than the default gives all that it has, with a note.
 *
 * @errors ConfigError if the split has fewer than a person asked for
 */
export const heldOutPrompts = (
  task: Task,
  split: Split,
  { count, preset, flag }: HeldOutCount,
  { note }: Pick<Terminal, 'note'>,
): TE.TaskEither<ConfigError, readonly Prompt[]> =>
  pipe(
    firstDistinctPrompts(task.prompts(split, HELD_OUT_SEED), count),
    TE.mapLeft((error) => new ConfigError([explain(error)])),
    TE.filterOrElse(
      ({ length }) => length === count || (length > 0 && count === preset),
      ({ length }) => new ConfigError([`${flag}: ${shortage(length, split)}, expected ${count}`]),
    ),
    TE.map((found) => {
      if (found.length < count)
        note(`${shortage(found.length, split)}, the default is ${count}: all ${found.length} are used; see ${flag}`)
      return found
    }),
  )

const shortage = (length: number, split: Split): string => `found ${length} different prompts in split ${split}`
