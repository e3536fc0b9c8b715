import type { Prompt } from '../lib/rollout/prompt.js'
import type { PromptSource } from './prompts.js'

/**
 * One pass over a source for several readers: each takes what the others left. The source is closed when the last reader
 * that was opened is.
 */
export const sharedPrompts = (source: PromptSource): PromptSource =>
  Symbol.asyncIterator in source ? sharedAsync(source) : sharedSync(source)

const sharedSync = (source: Iterable<Prompt>): Iterable<Prompt> => {
  const iterator = source[Symbol.iterator]()
  let readers = 0
  return {
    [Symbol.iterator]: () => {
      readers++
      return {
        next: () => iterator.next(),
        return: () => (--readers === 0 ? iterator.return?.() : undefined) ?? { done: true, value: undefined },
      }
    },
  }
}

const sharedAsync = (source: AsyncIterable<Prompt>): AsyncIterable<Prompt> => {
  const iterator = source[Symbol.asyncIterator]()
  let readers = 0
  return {
    [Symbol.asyncIterator]: () => {
      readers++
      return {
        next: () => iterator.next(),
        return: async () =>
          (--readers === 0 ? await iterator.return?.() : undefined) ?? { done: true, value: undefined },
      }
    },
  }
}
