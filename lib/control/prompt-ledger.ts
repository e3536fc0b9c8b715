import type { Prompt, PromptBatch, PromptPosition, PromptSource } from '../rollout/prompt.js'
import { markAsShared, openAsyncIterator, openIterator } from './open-iterator.js'

/** Records which prompts of a source each step of a run has read. */
export interface PromptLedger {
  /** The prompts that are not used yet. */
  readonly source: PromptSource
  /** Records that a step has read these prompts. */
  readonly record: (batch: PromptBatch) => void
  /** Returns the position after a step: its prompts and those of the steps before are used, and those of later steps are not. */
  readonly positionAfter: (step: number) => PromptPosition
}

/** Position in a source that no step has read from. */
export const startOfPrompts: PromptPosition = { from: 0, used: [] }

/**
 * Creates the ledger of a run. Prompts are numbered in the order of the source.
 *
 *     source          0 1 2 3 4 5
 *     step 0          0 1                after step 0: from 2
 *     step 1              2   4          after step 1: from 3, used 4
 *     step 2                3            (in flight at the same time as step 1)
 *
 * A resumed run passes the `start` that was recorded, and a source that begins with the prompt `start.from`.
 */
export const promptLedger = (source: PromptSource, start: PromptPosition = startOfPrompts): PromptLedger => {
  const numbers = new WeakMap<Prompt, number>()
  const usedBefore = new Set(start.used)
  /** Step that used each prompt from `from` on. */
  const stepOf = new Map<number, number>(start.used.map((number) => [number, -1]))
  let from = start.from
  let next = start.from
  const take: Take = (result) => {
    if (result.done === true) return result
    const number = next++
    if (usedBefore.has(number)) return null
    // A source may give the same object twice, so each prompt becomes an object of its own.
    const value = { ...result.value }
    numbers.set(value, number)
    return { done: false, value }
  }
  return {
    source: markAsShared(Symbol.asyncIterator in source ? takeAsync(source, take) : takeSync(source, take)),
    record: ({ step, prompts }) => {
      for (const prompt of prompts) stepOf.set(numbers.get(prompt)!, step)
    },
    positionAfter: (step) => {
      const isUsed = (number: number) => (stepOf.get(number) ?? Infinity) <= step
      while (isUsed(from)) stepOf.delete(from++)
      return { from, used: [...stepOf.keys()].filter(isUsed).sort((a, b) => a - b) }
    },
  }
}

/** Numbers a prompt that an iterator gave. Null for a prompt that is used, which the reader must not get. */
type Take = (result: IteratorResult<Prompt>) => IteratorResult<Prompt> | null

const takeSync = (source: Iterable<Prompt>, take: Take): Iterable<Prompt> => ({
  [Symbol.iterator]: () => {
    const iterator = openIterator(source)
    const next = () => {
      let taken = take(iterator.next())
      while (taken === null) taken = take(iterator.next())
      return taken
    }
    return { next, return: () => iterator.return!() }
  },
})

const takeAsync = (source: AsyncIterable<Prompt>, take: Take): AsyncIterable<Prompt> => ({
  [Symbol.asyncIterator]: () => {
    const iterator = openAsyncIterator(source)
    const next = async () => {
      let taken = take(await iterator.next())
      while (taken === null) taken = take(await iterator.next())
      return taken
    }
    return { next, return: () => iterator.return!() }
  },
})
