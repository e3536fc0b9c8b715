import { sequence } from '../random/sequence.js'
import { keyedUniform } from '../random/uniform.js'
import type { Prompt } from '../rollout/prompt.js'
import { checkPromptKey } from './check-prompt-key.js'
import type { GeneratedTask, Split } from './task.js'

/** Key of a generated prompt: the n-th of a split. */
type PromptAt = (split: Split, seed: number, n: number) => Prompt

/** Returns the endless sources of prompts of a task that generates each prompt from its key. */
export const generatedPrompts =
  (promptAt: PromptAt): GeneratedTask['prompts'] =>
  (split, seed, from = 0) => {
    checkPromptKey(split, seed, from)
    return {
      *[Symbol.iterator]() {
        for (let n = from; ; n++) yield promptAt(split, seed, n)
      },
    }
  }

/** Returns the split of a problem whose hash is a place in [0, 1): 80% train, 10% tune, 10% test. */
export const splitAt = (place: number): Split => (place < 0.8 ? 'train' : place < 0.9 ? 'tune' : 'test')

/** Number of random drafts after which a split counts as one without problems. */
const PATIENCE = 100_000

/** Search for a problem of a split. */
interface Search<A> {
  readonly split: Split
  readonly seed: number
  /** Number of the problem. */
  readonly n: number
  /** Draws a problem; null if the numbers that were drawn make none, or one of another split. */
  readonly draft: (draw: () => number) => A | null
  /** Task with its options, for the message. */
  readonly task: string
}

/**
 * Returns the first problem of a split among random drafts, whose numbers depend on the seed and the number of the problem.
 *
 * @errors RangeError when the options leave the split without problems
 */
export const firstProblem = <A>({ split, seed, n, draft, task }: Search<A>): A => {
  for (let attempt = 0; attempt < PATIENCE; attempt++) {
    const found = draft(sequence(keyedUniform(seed, n, attempt)))
    if (found !== null) return found
  }
  throw new RangeError(
    `${task}: found no problem of split ${split} in ${PATIENCE} attempts, expected options with more problems`,
  )
}
