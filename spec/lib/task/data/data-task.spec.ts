import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, take, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { orThrow, rightOrThrow } from '#lib/or-throw.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import { type DataTask, dataTask, type DataTaskOptions } from '#lib/task/data/data-task.js'
import { jsonLinesBlocks } from '#lib/task/data/json-lines-blocks.js'
import { rowsAtHand } from '#lib/task/data/row.js'
import { distinctPrompts } from '#lib/task/distinct.js'
import { promptTemplates } from '#lib/task/prompt-template.js'
import type { Split } from '#lib/task/task.js'
import { characterTokenizer } from '#lib/tokenizer/character-tokenizer.js'
import { createDemand } from '#lib/control/demand.js'
import { prompts } from '#operators/prompts.js'
import { weighted } from '#lib/reward/weighted.js'
import { mathVerifier } from '#lib/reward/math/verifier.js'
import { fixedVerifier } from '#testing.js'
import { temporaryFolder } from '../../run/temporary.js'

const rowOf = (n: number) => ({ question: `Q${n}`, answer: n })
const numbered = (count: number, first = 0) => Array.from({ length: count }, (_, i) => rowOf(first + i))
const train = (values: readonly unknown[]) => ({ train: rowsAtHand('train', values) })

const opening = (options: Pick<DataTaskOptions, 'rows'> & Partial<DataTaskOptions>) =>
  dataTask({
    name: 'sums',
    template: promptTemplates.raw.create(null),
    tokenizer: characterTokenizer(' Q0123456789'),
    verifier: fixedVerifier(1),
    rewardScale: 'binary',
    maxTokens: 8,
    ...options,
  })()
const made = async (...args: Parameters<typeof opening>): Promise<DataTask> => rightOrThrow(await opening(...args))
const message = async (...args: Parameters<typeof opening>) => {
  const found = await opening(...args)
  return E.isLeft(found) ? found.left.message : null
}

const first = async (count: number, prompts: AsyncIterable<Prompt>): Promise<readonly Prompt[]> => {
  const taken: Prompt[] = []
  for await (const prompt of prompts) if (taken.push(prompt) === count) break
  return taken
}
const textsOf = async (task: DataTask, split: Split, count: number, seed = 1, from = 0) =>
  (await first(count, task.prompts(split, seed, from))).map(({ text }) => text)

/** Texts of all prompts of a split, sorted. */
const whole = async (task: DataTask, split: Split, count: number) =>
  [...new Set(await textsOf(task, split, count))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))

describe('dataTask', () => {
  it.each(['?', '\\frac{', '####'])('reports a row whose reference is %j as broken', async (answer) => {
    const verifier = mathVerifier()
    const rows = train([rowOf(1), { question: 'Q2', answer }, ...numbered(40, 3)])
    const expected = `train, row 2: found ${answer}, expected a reference answer that the verifier can read`
    expect(await message({ rows, verifier })).toContain(expected.split(': ')[1])
    expect(await message({ rows, verifier: weighted({ correctness: { verifier } }) })).toContain(answer)
    const { counts } = await made({ rows, verifier, skipBroken: true })
    expect(counts.train).toMatchObject({ broken: 1 })
    expect(counts.train?.faults[0]?.message).toContain(answer)
  })

  it('makes prompts from rows', async () => {
    const task = await made({ rows: { test: rowsAtHand('test', [rowOf(7)]) } })
    const [prompt] = await first(1, task.prompts('test', 1))
    expect(prompt).toMatchObject({ text: 'Q7', tokens: task.tokenizer.encode('Q7'), reference: '7' })
    expect(task).toMatchObject({ name: 'sums', rewardScale: 'binary', maxTokens: 8 })
  })

  it('passes over its rows endlessly, each time in another order', async () => {
    const task = await made({ rows: { test: rowsAtHand('test', numbered(40)) } })
    const texts = await textsOf(task, 'test', 120)
    const passes = [0, 1, 2].map((pass) => texts.slice(40 * pass, 40 * (pass + 1)))
    for (const pass of passes)
      expect([...pass].sort()).toEqual(
        numbered(40)
          .map(({ question }) => question)
          .sort(),
      )
    expect(new Set(passes.map((pass) => pass.join())).size).toBe(3)
    expect(await textsOf(task, 'test', 40, 2)).not.toEqual(passes[0])
  })

  it('yields the same prompts at every iteration', async () => {
    const prompts = (await made({ rows: train(numbered(50)) })).prompts('train', 3)
    expect(await first(20, prompts)).toEqual(await first(20, prompts))
  })

  it('continues from a position like an uninterrupted run, over many blocks with broken and long rows', async () => {
    const values = numbered(300).flatMap((row, i) => (i % 7 === 0 ? [row, { question: 1 }] : [row]))
    const file = join(await temporaryFolder(), 'rows.jsonl')
    await writeFile(file, values.map((value) => JSON.stringify(value)).join('\n'))
    const blocks = rightOrThrow(await jsonLinesBlocks(file, { block: 400 })())
    expect(blocks.length).toBeGreaterThan(10)
    const options = { rows: { train: blocks }, skipBroken: true, maxPromptTokens: 3 }
    const texts = await textsOf(await made(options), 'train', 300)
    const again = await made(options)
    await fc.assert(
      fc.asyncProperty(fc.nat(290), async (from) => {
        expect(await textsOf(again, 'train', 10, 1, from)).toEqual(texts.slice(from, from + 10))
      }),
      { numRuns: 20 },
    )
  })

  it('yields its prompts in batches as credits allow', async () => {
    const task = await made({ rows: { test: rowsAtHand('test', numbered(10)) } })
    const demand = createDemand({ prompts: 4, inFlight: 1 })
    const batches = await lastValueFrom(
      prompts(task.prompts('test', 1), demand).pipe(
        take(3),
        tap(({ step }) => demand.returnCredit(step)),
        toArray(),
      ),
    )
    const texts = batches.flatMap(({ prompts }) => prompts.map(({ text }) => text))
    expect(texts).toEqual(await textsOf(task, 'test', 12))
  })

  it('gives the same id to equal questions only', async () => {
    const values = [rowOf(1), rowOf(2), { question: ' Q1\n', answer: 1 }]
    const task = await made({
      rows: { test: rowsAtHand('test', values) },
      tokenizer: characterTokenizer(' \nQ0123456789'),
    })
    expect(task.counts.test?.prompts).toBe(3)
    expect(
      (await orThrow(distinctPrompts(task.prompts('test', 1), 2))).map(({ reference }) => reference).sort(),
    ).toEqual(['1', '2'])
    await expect(orThrow(distinctPrompts(task.prompts('test', 1), 3))).rejects.toThrow(
      'found 2 different prompts, expected 3',
    )
  })
})

describe('splits', () => {
  it('are held out of train if they have no rows of their own', async () => {
    const task = await made({ rows: train(numbered(1000)) })
    const parts = await Promise.all((['train', 'tune', 'test'] as const).map((split) => whole(task, split, 1000)))
    const counts = parts.map(({ length }) => length)
    expect(parts.flat().sort()).toEqual(
      numbered(1000)
        .map(({ question }) => question)
        .sort(),
    )
    // Within 4 standard deviations of 100.
    for (const count of counts.slice(1)) expect(Math.abs(count - 100)).toBeLessThan(4 * Math.sqrt(90))
  })

  it('do not depend on the other rows of the file', async () => {
    const tune = await whole(await made({ rows: train(numbered(100)) }), 'tune', 200)
    const more = await whole(await made({ rows: train(numbered(200).reverse()) }), 'tune', 400)
    expect(tune.length).toBeGreaterThan(0)
    expect(more.filter((text) => Number(text.slice(1)) < 100)).toEqual(tune)
  })

  it('hold out the given shares', async () => {
    const task = await made({ rows: train(numbered(100)), heldOut: { tune: 0, test: 0 } })
    expect(await whole(task, 'train', 100)).toHaveLength(100)
    await expect(first(1, task.prompts('tune', 1))).rejects.toThrow(
      'sums, split tune: found no prompts, expected rows of its own, or of train',
    )
  })

  it('leave questions out of train that another split with rows of its own has', async () => {
    const task = await made({ rows: { ...train(numbered(100)), test: rowsAtHand('test', numbered(30, 90)) } })
    expect(task.counts).toMatchObject({ test: { prompts: 30, elsewhere: 0 }, train: { prompts: 90, elsewhere: 10 } })
    expect(await whole(task, 'test', 30)).toEqual(numbered(30, 90).map(({ question }) => question))
    const [inTrain, tune] = [await whole(task, 'train', 200), await whole(task, 'tune', 100)]
    expect([...inTrain, ...tune].sort()).toEqual(
      numbered(90)
        .map(({ question }) => question)
        .sort(),
    )
  })

  test.prop([fc.array(fc.nat(60), { minLength: 1 }), fc.array(fc.nat(60), { minLength: 1 }), fc.array(fc.nat(60))])(
    'share no question',
    async (test, tune, others) => {
      // One question is always in train only.
      const rows = { test, tune, train: [99, ...others] }
      const options = Object.entries(rows).map(([split, ns]) => [split, rowsAtHand(split, ns.map(rowOf))] as const)
      const found = await opening({ rows: Object.fromEntries(options) })
      const inTest = new Set(test)
      // Tune may be left without prompts, which is an error.
      if (tune.every((n) => inTest.has(n))) {
        expect(found).toMatchObject(E.left({ place: 'sums, split tune' }))
        return
      }
      const task = rightOrThrow(found)
      const parts = await Promise.all((['train', 'tune', 'test'] as const).map((split) => whole(task, split, 200)))
      expect(new Set(parts.flat()).size).toBe(parts.flat().length)
      expect(new Set(parts.flat())).toEqual(
        new Set(
          Object.values(rows)
            .flat()
            .map((n) => `Q${n}`),
        ),
      )
    },
  )
})

describe('prompts that are too long', () => {
  it('are left out and counted', async () => {
    const task = await made({ rows: { test: rowsAtHand('test', numbered(20, 95)) }, maxPromptTokens: 3 })
    expect(task.counts.test).toEqual({ prompts: 5, overlong: 15, elsewhere: 0, broken: 0, faults: [] })
    expect(await whole(task, 'test', 20)).toEqual(['Q95', 'Q96', 'Q97', 'Q98', 'Q99'])
  })

  it('are counted in tokens if the number of characters does not decide', async () => {
    const letters = characterTokenizer('ab é')
    const encoded: string[] = []
    // A character beyond ASCII has ten tokens.
    const encode = (text: string) => {
      encoded.push(text)
      return letters.encode(text.replaceAll('é', 'é'.repeat(10)))
    }
    const rows = ['é', 'éé', 'ééé', 'ab', 'ab '.repeat(9)].map((question) => ({ question, answer: 1 }))
    const task = await made({
      rows: { test: rowsAtHand('test', rows) },
      tokenizer: { ...letters, encode },
      maxPromptTokens: 20,
    })
    expect(task.counts.test).toMatchObject({ prompts: 3, overlong: 2 })
    expect(encoded).not.toContain('ab')
    expect(await whole(task, 'test', 6)).not.toContain('ééé')
  })
})

describe('rows that cannot be read', () => {
  const values = [rowOf(0), { question: 'Q1' }, rowOf(2), { question: '  ', answer: 1 }, { question: 'Q4', answer: [] }]

  it('fail at the first, with its place', async () => {
    expect(await message({ rows: train(values) })).toBe(
      'train:2: answer: found nothing beside the fields question, expected an answer, as text or a number',
    )
    expect(await message({ rows: train(values.slice(2)) })).toBe(
      'train:2: found an empty question, expected a question with text',
    )
  })

  it('are counted and reported if they are skipped', async () => {
    const { counts } = await made({ rows: { test: rowsAtHand('test', values) }, skipBroken: true })
    expect(counts.test).toMatchObject({ prompts: 2, broken: 3 })
    expect(counts.test?.faults.map(({ place }) => place)).toEqual(['test:2: answer', 'test:4', 'test:5: answer'])
  })

  it('are reported up to a limit', async () => {
    const many = [rowOf(0), ...Array.from({ length: 100 }, () => ({ question: 'Q1' }))]
    const { counts } = await made({ rows: { test: rowsAtHand('test', many) }, skipBroken: true })
    expect(counts.test).toMatchObject({ prompts: 1, broken: 100 })
    expect(counts.test?.faults).toHaveLength(5)
  })

  it('include rows that the chat template or the tokenizer refuses', async () => {
    const refusing = () => {
      throw new RangeError('messages: no user')
    }
    const rows = train([rowOf(0)])
    expect(await message({ rows, template: refusing, maxPromptTokens: 4 })).toBe(
      'train:1: found messages: no user, expected messages that the chat template takes',
    )
    expect(await message({ rows, tokenizer: characterTokenizer('0123'), maxPromptTokens: 4 })).toBe(
      'train:1: found text[0]: found "Q", expected one of "0123", expected a text that the tokenizer has tokens for',
    )
    const late = await made({ rows, tokenizer: characterTokenizer('0123'), heldOut: { tune: 0, test: 0 } })
    await expect(first(1, late.prompts('train', 1))).rejects.toThrow('train:1: found text[0]')
  })

  it('may leave a split empty, which is an error', async () => {
    expect(await message({ rows: train([{}]), skipBroken: true })).toBe(
      'sums, split train: found no prompts, 0 that are too long, 0 that another split has, 1 rows that cannot be read, expected at least one',
    )
  })

  it('name a file that has changed', async () => {
    const file = join(await temporaryFolder(), 'rows.jsonl')
    await writeFile(
      file,
      numbered(9)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    )
    const task = await made({ rows: { test: rightOrThrow(await jsonLinesBlocks(file)()) } })
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', ' ').padEnd(300))
    await expect(first(1, task.prompts('test', 1))).rejects.toThrow(`${file}:1: found`)
    await writeFile(file, ' '.repeat(300))
    await expect(first(1, task.prompts('test', 1))).rejects.toThrow(`${file}: found 0 rows, expected as many`)
  })
})
