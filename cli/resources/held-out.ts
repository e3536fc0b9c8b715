import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import { distinctPrompts } from '../../lib/task/distinct.js'
import type { Split, Task } from '../../lib/task/task.js'
import { ConfigError } from '../config/config-error.js'
import { explain } from '../exit.js'

/** Random seed of the held-out prompts. It is fixed, so that every run of a task is evaluated on the same prompts. */
const HELD_OUT_SEED = 0

/**
 * Returns the first `count` distinct prompts of a split. `setting` is the prefix of the setting that asks for them, for
 * messages: `evaluation.` or `--`.
 *
 * @errors ConfigError if the split has fewer
 */
export const heldOutPrompts = (
  task: Task,
  split: Split,
  count: number,
  setting: string,
): TE.TaskEither<ConfigError, readonly Prompt[]> =>
  pipe(
    distinctPrompts(task.prompts(split, HELD_OUT_SEED), count),
    TE.mapLeft((error) => new ConfigError([`${setting}${explain(error)}`])),
  )
