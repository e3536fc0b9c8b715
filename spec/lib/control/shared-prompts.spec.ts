import { describe, expect, it } from 'vitest'
import type { Prompt } from '#lib/rollout/prompt.js'
import { sharedPrompts } from '#lib/control/shared-prompts.js'
import { aPrompt } from '#testing.js'

/** A source of three prompts, and how often it was closed. */
const watched = () => {
  const watch = { closed: 0, opened: 0 }
  const source = {
    *[Symbol.iterator]() {
      watch.opened++
      try {
        for (const id of ['a', 'b', 'c']) yield aPrompt(id)
      } finally {
        watch.closed++
      }
    },
  }
  const later = {
    async *[Symbol.asyncIterator]() {
      await Promise.resolve()
      yield* source
    },
  }
  return { watch, source, later }
}
const idOf = ({ value }: IteratorResult<Prompt, unknown>) => (value as Prompt | undefined)?.id

describe('sharedPrompts', () => {
  it('gives each reader what the others left', () => {
    const { source, watch } = watched()
    const shared = sharedPrompts(source) as Iterable<Prompt>
    const [first, second] = [shared[Symbol.iterator](), shared[Symbol.iterator]()]
    expect([first, second, first, second].map((reader) => idOf(reader.next()))).toEqual(['a', 'b', 'c', undefined])
    expect(watch).toEqual({ opened: 1, closed: 1 })
  })

  it('closes the source with its last reader, and each reader once', () => {
    const { source, watch } = watched()
    const shared = sharedPrompts(source) as Iterable<Prompt>
    const [first, second] = [shared[Symbol.iterator](), shared[Symbol.iterator]()]
    first.next()
    first.return?.()
    first.return?.()
    expect(watch.closed).toBe(0)
    expect(idOf(second.next())).toBe('b')
    second.return?.()
    expect(watch.closed).toBe(1)
  })

  it('does the same for a source that takes its time', async () => {
    const { later, watch } = watched()
    const shared = sharedPrompts(later) as AsyncIterable<Prompt>
    const [first, second] = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()]
    expect(idOf(await first.next())).toBe('a')
    expect(idOf(await second.next())).toBe('b')
    await first.return?.()
    await first.return?.()
    expect(watch.closed).toBe(0)
    await second.return?.()
    expect(watch.closed).toBe(1)
  })
})
