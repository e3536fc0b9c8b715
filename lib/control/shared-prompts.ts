import type { Prompt, PromptSource } from '../rollout/prompt.js'
import { markAsShared, openAsyncIterator, openIterator } from './open-iterator.js'

/**
 * One pass over a source, shared by several readers: each prompt goes to the reader that requests it first. The source
 * is closed when its last open reader is closed. The next reader after that starts another pass.
 *
 *     source     a b c d
 *     reader 1   a   c
 *     reader 2     b   d
 *
 * @errors PipelineError SpentPrompts, from a reader, when another pass starts and the source cannot start again
 * @example
 * const source = sharedPrompts(task.prompts('train', 7))
 * prompts(source, demand).pipe(dynamicSampling(judge, source))
 */
export const sharedPrompts = (source: PromptSource): PromptSource =>
  markAsShared(Symbol.asyncIterator in source ? shareAsync(source) : shareSync(source))

const shareSync = (source: Iterable<Prompt>): Iterable<Prompt> => {
  const joinPass = passes(() => openIterator(source))
  return {
    [Symbol.iterator]: () => {
      const { iterator, leave } = joinPass()
      return {
        next: () => {
          try {
            const result = iterator.next()
            if (result.done === true) leave()
            return result
          } catch (error) {
            leave()
            throw error
          }
        },
        return: () => (leave() ? iterator.return?.() : undefined) ?? done,
      }
    },
  }
}

const shareAsync = (source: AsyncIterable<Prompt>): AsyncIterable<Prompt> => {
  const joinPass = passes(() => openAsyncIterator(source))
  return {
    [Symbol.asyncIterator]: () => {
      const { iterator, leave } = joinPass()
      return {
        next: async () => {
          try {
            const result = await iterator.next()
            if (result.done === true) leave()
            return result
          } catch (error) {
            leave()
            throw error
          }
        },
        return: async () => (leave() ? await iterator.return?.() : undefined) ?? done,
      }
    },
  }
}

const done = { done: true, value: undefined } as const

/** One reader of a pass. `leave` ends it once, and returns true if no reader is left. */
interface Reader<I> {
  readonly iterator: I
  readonly leave: () => boolean
}

/** Returns a function that adds a reader to the present pass; without one it opens a pass. */
const passes = <I>(open: () => I): (() => Reader<I>) => {
  let present: { readonly iterator: I; readers: number } | null = null
  return () => {
    const pass = (present ??= { iterator: open(), readers: 0 })
    pass.readers++
    let isOpen = true
    return {
      iterator: pass.iterator,
      leave: () => {
        if (!isOpen) return false
        isOpen = false
        if (--pass.readers > 0) return false
        if (present === pass) present = null
        return true
      },
    }
  }
}
