import { describe, expect, it } from 'vitest'
import type { Prompt } from '#lib/rollout/prompt.js'
import { sharedPrompts } from '#lib/control/shared-prompts.js'
import { aPrompt } from '#testing.js'

/** Source of three prompts, and how often it was opened and closed. */
const recordedSource = () => {
  const log = { closed: 0, opened: 0 }
  const source = {
    *[Symbol.iterator]() {
      log.opened++
      try {
        for (const id of ['a', 'b', 'c']) yield aPrompt(id)
      } finally {
        log.closed++
      }
    },
  }
  const asyncSource = {
    async *[Symbol.asyncIterator]() {
      await Promise.resolve()
      yield* source
    },
  }
  return { log, source, asyncSource }
}
const idOf = ({ value }: IteratorResult<Prompt, unknown>) => (value as Prompt | undefined)?.id

describe('sharedPrompts', () => {
  it('gives each prompt to one reader', () => {
    const { source, log } = recordedSource()
    const shared = sharedPrompts(source) as Iterable<Prompt>
    const [first, second] = [shared[Symbol.iterator](), shared[Symbol.iterator]()]
    expect([first, second, first, second].map((reader) => idOf(reader.next()))).toEqual(['a', 'b', 'c', undefined])
    expect(log).toEqual({ opened: 1, closed: 1 })
  })

  it('closes the source with its last reader, and each reader only once', () => {
    const { source, log } = recordedSource()
    const shared = sharedPrompts(source) as Iterable<Prompt>
    const [first, second] = [shared[Symbol.iterator](), shared[Symbol.iterator]()]
    first.next()
    first.return?.()
    first.return?.()
    expect(log.closed).toBe(0)
    expect(idOf(second.next())).toBe('b')
    second.return?.()
    expect(log.closed).toBe(1)
  })

  it('does the same for an async source', async () => {
    const { asyncSource, log } = recordedSource()
    const shared = sharedPrompts(asyncSource) as AsyncIterable<Prompt>
    const [first, second] = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()]
    expect(idOf(await first.next())).toBe('a')
    expect(idOf(await second.next())).toBe('b')
    await first.return?.()
    await first.return?.()
    expect(log.closed).toBe(0)
    await second.return?.()
    expect(log.closed).toBe(1)
  })
})
