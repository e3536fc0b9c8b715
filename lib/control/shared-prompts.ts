import type { Prompt, PromptSource } from '../rollout/prompt.js'

/**
 * One pass over a source for several readers: each takes what the others left. The source is closed when the last reader
 * that was opened is.
 */
export const sharedPrompts = (source: PromptSource): PromptSource =>
  Symbol.asyncIterator in source ? sharedLater(source) : sharedNow(source)

const sharedNow = (source: Iterable<Prompt>): Iterable<Prompt> => {
  const iterator = source[Symbol.iterator]()
  const openReader = readers(() => iterator.return?.())
  return {
    [Symbol.iterator]: () => {
      const close = openReader()
      return { next: () => iterator.next(), return: () => close() ?? ended }
    },
  }
}

const sharedLater = (source: AsyncIterable<Prompt>): AsyncIterable<Prompt> => {
  const iterator = source[Symbol.asyncIterator]()
  const openReader = readers(() => iterator.return?.())
  return {
    [Symbol.asyncIterator]: () => {
      const close = openReader()
      return { next: () => iterator.next(), return: async () => (await close()) ?? ended }
    },
  }
}

const ended = { done: true, value: undefined } as const

/** Opens readers; closing the last of them, once each, closes the source. */
const readers = <A>(closeSource: () => A) => {
  let count = 0
  return () => {
    let open = true
    count++
    return (): A | undefined => {
      if (!open) return undefined
      open = false
      return --count === 0 ? closeSource() : undefined
    }
  }
}
