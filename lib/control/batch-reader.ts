import { openAsyncIterator, openIterator } from './open-iterator.js'

/** Items read from a source; `ended` is true when the source has no more. */
export interface ReadResult<A> {
  readonly items: readonly A[]
  readonly ended: boolean
}

/** Reads items from an iterable in batches, and closes its iterator. */
export interface BatchReader<A> {
  /** Reads up to `count` items: synchronously from an iterable, later from an async one. Reads must not overlap. */
  readonly read: (count: number) => ReadResult<A> | Promise<ReadResult<A>>
  /** Calls the iterator's `return`, unless the iterator has ended or thrown. */
  readonly close: () => void
}

/**
 * Creates a reader of a source. An asynchronous read calls `isStopped` between two items and ends early when it is true.
 *
 * @errors PipelineError SpentPrompts when the source was iterated before and cannot start again; the error that the
 *         iterator throws, from `read`
 */
export const batchReader = <A>(source: Iterable<A> | AsyncIterable<A>, isStopped: () => boolean): BatchReader<A> =>
  Symbol.asyncIterator in source ? asyncReader(source, isStopped) : syncReader(source)

/** Returns true when a read has to be awaited. */
export const isPending = <A>(result: ReadResult<A> | Promise<ReadResult<A>>): result is Promise<ReadResult<A>> =>
  result instanceof Promise

const syncReader = <A>(source: Iterable<A>): BatchReader<A> => {
  const iterator = openIterator(source)
  let isOpen = true
  const next = () => {
    isOpen = false // As in for-of, an iterator that throws is not closed.
    const result = iterator.next()
    isOpen = result.done !== true
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
      if (isOpen) iterator.return?.()
    },
  }
}

const asyncReader = <A>(source: AsyncIterable<A>, isStopped: () => boolean): BatchReader<A> => {
  const iterator = openAsyncIterator(source)
  let isOpen = true
  return {
    read: async (count) => {
      const items: A[] = []
      try {
        while (items.length < count && !isStopped()) {
          const result = await iterator.next()
          if (result.done === true) {
            isOpen = false
            return { items, ended: true }
          }
          items.push(result.value)
        }
      } catch (error) {
        isOpen = false
        throw error
      }
      return { items, ended: false }
    },
    close: () => {
      // The subscriber is gone, so an error of `return` has no receiver.
      if (isOpen) iterator.return?.().catch(() => undefined)
    },
  }
}
