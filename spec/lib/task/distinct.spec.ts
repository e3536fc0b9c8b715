import { describe, expect, it } from 'vitest'
import type { Prompt } from '#lib/rollout/prompt.js'
import { distinctPrompts } from '#lib/task/distinct.js'

const prompt = (id: string): Prompt => ({ id, text: id, tokens: [], reference: id })

function* endless(at: (n: number) => string): Generator<Prompt> {
  for (let n = 0; ; n++) yield prompt(at(n))
}
async function* later(prompts: Iterable<Prompt>): AsyncGenerator<Prompt> {
  for (const prompt of prompts) yield await Promise.resolve(prompt)
}
const texts = (letters: string) => Array.from(letters, prompt)
const ids = (prompts: readonly Prompt[]) => prompts.map(({ id }) => id)

describe('distinct', () => {
  it('keeps the first of each, in their order', async () => {
    expect(ids(await distinctPrompts(texts('abacbd'), 4))).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(await distinctPrompts(later(texts('abacbd')), 4))).toEqual(['a', 'b', 'c', 'd'])
  })

  it('looks no further than it has to', async () => {
    let made = 0
    const source = endless((n) => {
      made++
      return String(n >> 1)
    })
    expect(ids(await distinctPrompts(source, 3))).toEqual(['0', '1', '2'])
    expect(made).toBe(5)
  })

  it('says how many there were in a source that ends', async () => {
    await expect(distinctPrompts(texts('abab'), 3)).rejects.toThrow(
      new RangeError('prompts: found 2 different ones, expected 3'),
    )
    await expect(distinctPrompts([], 1)).rejects.toThrow(new RangeError('prompts: found 0 different ones, expected 1'))
  })

  it('gives up on a source that only repeats itself', async () => {
    await expect(
      distinctPrompts(
        endless((n) => String(n % 7)),
        1_000_000,
      ),
    ).rejects.toThrow(new RangeError('prompts: found 7 different ones, expected 1000000'))
  })

  it('is patient with a source that repeats itself a lot', async () => {
    expect(
      ids(
        await distinctPrompts(
          endless((n) => String(Math.floor(n / 4000))),
          3,
        ),
      ),
    ).toEqual(['0', '1', '2'])
  })
})
