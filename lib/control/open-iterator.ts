import { PipelineError } from '../pipeline-error.js'

/** Iterators that were opened before. */
const usedIterators = new WeakSet<object>()
/** Sources that have given an item. */
const usedSources = new WeakSet<object>()
/** Sources whose iterators are readers of one pass: such a reader may find that the others took every item. */
const sharedSources = new WeakSet<object>()

/** Marks a source whose iterators are readers of one pass over another source, which is checked instead. */
export const markAsShared = <S extends object>(source: S): S => {
  sharedSources.add(source)
  return source
}

/**
 * Opens an iterator of a source, for one pass over it.
 *
 * @errors PipelineError SpentPrompts, thrown here or by `next`, when the source was iterated before and cannot start again,
 *         as a generator; the error that the iterator throws
 */
export const openIterator = <A>(source: Iterable<A>): Iterator<A> => {
  const iterator = source[Symbol.iterator]()
  const check = firstUse<A>(source, iterator)
  return { next: () => check(iterator.next()), return: () => iterator.return?.() ?? done }
}

/** Opens an iterator of an asynchronous source. @errors as {@link openIterator} */
export const openAsyncIterator = <A>(source: AsyncIterable<A>): AsyncIterator<A> => {
  const iterator = source[Symbol.asyncIterator]()
  const check = firstUse<A>(source, iterator)
  return { next: async () => check(await iterator.next()), return: async () => (await iterator.return?.()) ?? done }
}

const done = { done: true, value: undefined } as const

/** Refuses an iterator that was opened before, and returns the check of its results. */
const firstUse = <A>(source: object, iterator: object) => {
  if (usedIterators.has(iterator)) throw spentPrompts()
  usedIterators.add(iterator)
  const gaveBefore = usedSources.has(source)
  let isEmpty = true
  return (result: IteratorResult<A>): IteratorResult<A> => {
    if (result.done !== true) {
      isEmpty = false
      if (!sharedSources.has(source)) usedSources.add(source)
      // A source that is its own iterator, or that gave items in an earlier pass, is spent and not empty.
    } else if (isEmpty && (iterator === source || gaveBefore)) throw spentPrompts()
    return result
  }
}

const spentPrompts = (): PipelineError =>
  new PipelineError(
    'SpentPrompts',
    'prompts: found a source that was iterated before and cannot start again, such as a generator; expected a source that starts at each iteration: an array, or an object with a method *[Symbol.iterator]()',
  )
