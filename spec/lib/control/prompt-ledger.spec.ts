import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { promptLedger } from '#lib/control/prompt-ledger.js'
import type { Prompt, PromptPosition, PromptSource } from '#lib/rollout/prompt.js'
import { aPrompt } from '#testing.js'

const promptsFrom = (from: number, count = 40): readonly Prompt[] =>
  Array.from({ length: count - from }, (_, i) => aPrompt(`${from + i}`))

async function* asyncOf(prompts: readonly Prompt[]) {
  for (const prompt of prompts) yield await Promise.resolve(prompt)
}

/** Reads every prompt of a source. */
const readAll = async (source: PromptSource): Promise<string[]> => {
  const ids: string[] = []
  for await (const { id } of source) ids.push(id)
  return ids
}

const reader = (source: PromptSource) => {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  return async (count: number): Promise<Prompt[]> => {
    const prompts: Prompt[] = []
    for (let i = 0; i < count; i++) prompts.push((await iterator.next()).value as Prompt)
    return prompts
  }
}

describe.each([
  ['an array', (from: number) => promptsFrom(from)],
  ['an asynchronous source', (from: number) => asyncOf(promptsFrom(from))],
])('a ledger of %s', (_, sourceFrom: (from: number) => PromptSource) => {
  it('gives the prompts of the source, and starts at the beginning', async () => {
    const ledger = promptLedger(sourceFrom(0))
    expect(ledger.positionAfter(0)).toEqual({ from: 0, used: [] })
    expect(await readAll(ledger.source)).toEqual(promptsFrom(0).map(({ id }) => id))
  })

  it('counts the prompts of the steps so far, and not those of a step in flight', async () => {
    const ledger = promptLedger(sourceFrom(0))
    const read = reader(ledger.source)
    ledger.record({ step: 0, prompts: await read(2) })
    ledger.record({ step: 1, prompts: await read(2) })
    expect(ledger.positionAfter(0)).toEqual({ from: 2, used: [] })
    expect(ledger.positionAfter(1)).toEqual({ from: 4, used: [] })
  })

  it('names the used prompts after prompts of a later step', async () => {
    const ledger = promptLedger(sourceFrom(0))
    const read = reader(ledger.source)
    const [first, second, spare] = [await read(2), await read(2), await read(1)]
    ledger.record({ step: 1, prompts: second })
    ledger.record({ step: 0, prompts: first })
    ledger.record({ step: 0, prompts: spare })
    const position = ledger.positionAfter(0)
    expect(position).toEqual({ from: 2, used: [4] })
    const resumed = promptLedger(sourceFrom(position.from), position)
    const again = await reader(resumed.source)(3)
    expect(again.map(({ id }) => id)).toEqual(['2', '3', '5'])
    resumed.record({ step: 1, prompts: again })
    expect(resumed.positionAfter(1)).toEqual({ from: 6, used: [] })
  })

  test.prop([
    fc.array(fc.record({ step: fc.nat(5), count: fc.integer({ min: 1, max: 3 }) }), { maxLength: 10 }),
    fc.nat(5),
  ])('loses no prompt and repeats none, in any order of reads', async (reads, last) => {
    const ledger = promptLedger(sourceFrom(0))
    const read = reader(ledger.source)
    const used = new Set<string>()
    for (const { step, count } of reads) {
      const prompts = await read(count)
      ledger.record({ step, prompts })
      if (step <= last) for (const { id } of prompts) used.add(id)
    }
    const position: PromptPosition = ledger.positionAfter(last)
    expect(position.used).toEqual(position.used.toSorted((a, b) => a - b))
    const rest = await readAll(promptLedger(sourceFrom(position.from), position).source)
    expect(rest).toEqual(
      promptsFrom(0)
        .map(({ id }) => id)
        .filter((id) => !used.has(id)),
    )
  })
})

it('tells a prompt that comes twice from itself', async () => {
  const prompt = aPrompt('again')
  const ledger = promptLedger([prompt, prompt, prompt])
  const read = reader(ledger.source)
  ledger.record({ step: 0, prompts: await read(1) })
  ledger.record({ step: 1, prompts: await read(1) })
  expect(ledger.positionAfter(0)).toEqual({ from: 1, used: [] })
})

it('closes the iterator of its source', () => {
  let closed = 0
  const source = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: aPrompt('a') }),
      return: () => ({ done: true, value: ++closed }),
    }),
  }
  const iterator = (promptLedger(source as Iterable<Prompt>).source as Iterable<Prompt>)[Symbol.iterator]()
  iterator.next()
  iterator.return!()
  expect(closed).toBe(1)
})
