import type { Prompt, PromptSource } from '../rollout/prompt.js'

/**
 * One pass over a source, shared by several readers: each prompt goes to the reader that requests it first. The source
 * is closed when its last open reader is closed.
 *
 *     source     a b c d
 *     reader 1   a   c
 *     reader 2     b   d
 *
 * @example
 * const source = sharedPrompts(task.prompts('train', 7))
 * prompts(source, demand).pipe(dynamicSampling(judge, source))
 */
export const sharedPrompts = (source: PromptSource): PromptSource =>
  Symbol.asyncIterator in source ? shareAsync(source) : shareSync(source)

const shareSync = (source: Iterable<Prompt>): Iterable<Prompt> => {
  const iterator = source[Symbol.iterator]()
  const openReader = countReaders(() => iterator.return?.())
  return {
    [Symbol.iterator]: () => {
      const close = openReader()
      return { next: () => iterator.next(), return: () => close() ?? done }
    },
  }
}

const shareAsync = (source: AsyncIterable<Prompt>): AsyncIterable<Prompt> => {
  const iterator = source[Symbol.asyncIterator]()
  const openReader = countReaders(() => iterator.return?.())
  return {
    [Symbol.asyncIterator]: () => {
      const close = openReader()
      return { next: () => iterator.next(), return: async () => (await close()) ?? done }
    },
  }
}

const done = { done: true, value: undefined } as const

/** Returns a function that opens a reader and returns its `close`; closing the last open reader closes the source. */
const countReaders = <A>(closeSource: () => A) => {
  let openReaders = 0
  return () => {
    let isOpen = true
    openReaders++
    return (): A | undefined => {
      if (!isOpen) return undefined
      isOpen = false
      return --openReaders === 0 ? closeSource() : undefined
    }
  }
}
