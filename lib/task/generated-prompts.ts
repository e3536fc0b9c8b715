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
