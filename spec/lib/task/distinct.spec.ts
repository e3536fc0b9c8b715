import { describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import type { Prompt, PromptSource } from '#lib/rollout/prompt.js'
import { DataError } from '#lib/task/data/data-error.js'
import { distinctPrompts } from '#lib/task/distinct.js'

const prompt = (id: string): Prompt => ({ id, text: id, tokens: [], reference: id })

function* endless(at: (n: number) => string): Generator<Prompt> {
  for (let n = 0; ; n++) yield prompt(at(n))
}
async function* later(prompts: Iterable<Prompt>): AsyncGenerator<Prompt> {
  for (const prompt of prompts) yield await Promise.resolve(prompt)
}
const texts = (letters: string) => Array.from(letters, prompt)
const readIds = async (source: PromptSource, count: number): Promise<readonly string[]> =>
  (await orThrow(distinctPrompts(source, count))).map(({ id }) => id)

describe('distinctPrompts', () => {
  it('keeps the first prompt of each id, in the order of the source', async () => {
    expect(await readIds(texts('abacbd'), 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(await readIds(later(texts('abacbd')), 4)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('reads no more prompts than it needs', async () => {
    let made = 0
    const source = endless((n) => {
      made++
      return String(n >> 1)
    })
    expect(await readIds(source, 3)).toEqual(['0', '1', '2'])
    expect(made).toBe(5)
  })

  it('reports how many different prompts a source that ends has', async () => {
    await expect(readIds(texts('abab'), 3)).rejects.toThrow(new DataError('prompts', '2 different prompts', '3'))
    await expect(readIds(texts('abab'), 3)).rejects.toThrow('prompts: found 2 different prompts, expected 3')
    await expect(readIds([], 1)).rejects.toThrow('prompts: found 0 different prompts, expected 1')
  })

  it('gives up on a source that only repeats itself', async () => {
    await expect(
      readIds(
        endless((n) => String(n % 7)),
        1_000_000,
      ),
    ).rejects.toThrow('prompts: found 7 different prompts, expected 1000000')
  })

  it('continues through thousands of repeats', async () => {
    expect(
      await readIds(
        endless((n) => String(Math.floor(n / 4000))),
        3,
      ),
    ).toEqual(['0', '1', '2'])
  })

  it('returns an exception of the source as an error', async () => {
    const failing = function* (): Generator<Prompt> {
      yield prompt('a')
      throw new RangeError('disk is gone')
    }
    expect(await distinctPrompts(failing(), 2)()).toMatchObject({
      left: { _tag: 'DataError', message: 'prompts: found disk is gone, expected a source of prompts' },
    })
  })
})
