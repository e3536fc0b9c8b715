import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { distinctPrompts } from '../lib/task/distinct.js'
import type { Split, Task } from '../lib/task/task.js'
import { ConfigError } from './config/config-error.js'
import { explain } from './exit.js'

/** Key of the held-out prompts: every run of a task is evaluated on the same ones. */
const HELD_OUT = 0

/**
 * The first so many different prompts of a split; `place` says which setting asked for them.
 *
 * @errors ConfigError where it does not hold that many
 */
export const heldOut = (
  task: Task,
  split: Split,
  count: number,
  place: string,
): TE.TaskEither<ConfigError, readonly Prompt[]> =>
  pipe(
    distinctPrompts(task.prompts(split, HELD_OUT), count),
    TE.mapLeft((error) => new ConfigError([`${place}${explain(error)}`])),
  )
