/** Some items of a source; `ended` when it had no more. */
export interface ReadItems<A> {
  readonly items: readonly A[]
  readonly ended: boolean
}

/** Takes items from a source when asked, and closes it when nobody will ask again. */
export interface BatchReader<A> {
  /** Up to `count` items: at once from an iterable, later from an async one. One pull at a time. */
  readonly read: (count: number) => ReadItems<A> | Promise<ReadItems<A>>
  /** Calls the iterator's `return`, unless it ended by itself. */
  readonly close: () => void
}

/** `stopped` is asked between items: an async pull that is under way ends there. */
export const batchReader = <A>(source: Iterable<A> | AsyncIterable<A>, stopped: () => boolean): BatchReader<A> =>
  Symbol.asyncIterator in source ? pullLater(source, stopped) : pullNow(source)

export const isPending = <A>(pulled: ReadItems<A> | Promise<ReadItems<A>>): pulled is Promise<ReadItems<A>> =>
  pulled instanceof Promise

const pullNow = <A>(source: Iterable<A>): BatchReader<A> => {
  const iterator = source[Symbol.iterator]()
  let open = true
  const next = () => {
    open = false // an iterator that throws is not to be closed, as in for-of
    const result = iterator.next()
    open = result.done !== true
    return result
  }
  return {
    read: (count) => {
      const items: A[] = []
      while (items.length < count) {
        const result = next()
        if (result.done === true) return { items, ended: true }
        items.push(result.value)
      }
      return { items, ended: false }
    },
    close: () => {
      if (open) iterator.return?.()
    },
  }
}

const pullLater = <A>(source: AsyncIterable<A>, stopped: () => boolean): BatchReader<A> => {
  const iterator = source[Symbol.asyncIterator]()
  let open = true
  return {
    read: async (count) => {
      const items: A[] = []
      try {
        while (items.length < count && !stopped()) {
          const result = await iterator.next()
          if (result.done === true) {
            open = false
            return { items, ended: true }
          }
          items.push(result.value)
        }
      } catch (error) {
        open = false
        throw error
      }
      return { items, ended: false }
    },
    close: () => {
      // Nobody listens any more: what a source says against being closed has nowhere to go.
      if (open) iterator.return?.().catch(() => undefined)
    },
  }
}
