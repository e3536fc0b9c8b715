import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { chunks } from '#lib/policy/chunks.js'
import { microBatches } from '#lib/policy/local/micro-batches.js'
import { collect, sequences, spread } from '#lib/policy/local/sequences.js'
import { rowsFor } from '#lib/policy/local/executables.js'
import { aBatchOf, promptOf } from './tiny.js'

/** Limit of sequences without a limit of tokens. */
const limitOf = (sequences: number) => ({ sequences, tokens: Infinity })

const anyLengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 })

describe('sequences', () => {
  test.prop([anyLengths, fc.integer({ min: 1, max: 40 })])(
    'lay out every completion once, and each prompt of a micro-batch once',
    (lengths, microBatch) => {
      const { responses } = aBatchOf(lengths)
      const seen: number[] = []
      for (const { shape, feed, batchRows } of microBatches(responses, [...responses.keys()], limitOf(microBatch))) {
        const { prompts, promptLength, rows, length } = shape
        const data = (name: string) => [...feed[name]!.data]
        expect(feed['prompts']!.shape).toEqual([prompts, promptLength])
        expect(feed['targets']!.shape).toEqual([rows, length])
        expect([data('prompt').length, data('lengths').length]).toEqual([rows, rows])
        expect(rows).toBeGreaterThanOrEqual(batchRows.length)
        expect(Math.max(rows, prompts)).toBeLessThanOrEqual(microBatch)
        const row = (name: string, at: number, width: number) => data(name).slice(at * width, (at + 1) * width)
        batchRows.forEach((member, at) => {
          seen.push(member)
          const { prompt, completion } = responses[member]!
          const place = data('prompt')[at]!
          expect(data('lengths')[at]).toBe(prompt.tokens.length)
          expect(row('prompts', place, promptLength)).toEqual(widened(prompt.tokens, promptLength))
          expect(row('targets', at, length)).toEqual(widened([...completion.tokens], length))
        })
        const texts = new Set(batchRows.map((member) => responses[member]!.prompt.tokens.join()))
        expect(new Set(data('prompt').slice(0, batchRows.length)).size).toBe(texts.size)
        // A padding row reads the first prompt.
        expect(data('lengths').every((n) => n >= 1 && n <= promptLength)).toBe(true)
      }
      expect(seen.sort((a, b) => a - b)).toEqual([...responses.keys()])
    },
  )

  test.prop([anyLengths, fc.integer({ min: 1, max: 12 })])(
    'spread values over a micro-batch and collect them again',
    (lengths, microBatch) => {
      const { responses, width } = aBatchOf(lengths)
      const value = (b: number, t: number) => 1 + 100 * b + t
      const found = new Float32Array(responses.length * width)
      for (const micro of microBatches(responses, [...responses.keys()], limitOf(microBatch))) {
        const flat = spread(micro, responses, value)
        expect(flat.filter((x) => x !== 0)).toHaveLength(micro.batchRows.reduce((sum, b) => sum + lengths[b]!, 0))
        collect(micro, responses, flat, found, width)
      }
      const expected = lengths.flatMap((n, b) => Array.from({ length: width }, (_, t) => (t < n ? value(b, t) : 0)))
      expect([...found]).toEqual(expected)
    },
  )

  it('have the layout of an example computed by hand', () => {
    const { responses } = aBatchOf([2, 1, 4, 3])
    const [first, second] = [[...responses[0]!.prompt.tokens], [...responses[1]!.prompt.tokens]]
    const asked = responses.map((response, i) => ({ ...response, prompt: responses[i % 2]!.prompt }))
    const { shape, feed, batchRows } = sequences(asked, [2, 0, 1], limitOf(64))
    expect([first.length, second.length]).toEqual([5, 5])
    expect(shape).toEqual({ prompts: 2, promptLength: 8, rows: 8, length: 5 })
    expect(batchRows).toEqual([2, 0, 1])
    expect([...feed['prompts']!.data]).toEqual([...first, 0, 0, 0, ...second, 0, 0, 0])
    expect([...feed['prompt']!.data]).toEqual([0, 0, 1, 0, 0, 0, 0, 0])
    expect([...feed['lengths']!.data]).toEqual([5, 5, 5, 1, 1, 1, 1, 1])
    const tokens = [2, 0, 1].flatMap((i) => widened([...responses[i]!.completion.tokens], 5))
    expect([...feed['targets']!.data.slice(0, 15)]).toEqual(tokens)
  })
})

const widened = (tokens: readonly number[], width: number): number[] =>
  Array.from({ length: width }, (_, i) => tokens[i] ?? 0)

describe('microBatches', () => {
  const asking = (texts: readonly string[], lengths: readonly number[]) =>
    aBatchOf(lengths).responses.map((response, i) => ({ ...response, prompt: promptOf(texts[i]!) }))

  it('keep the completions of a prompt together, and groups of similar length next to each other', () => {
    const responses = asking(['1', '2', '1', '3', '2', '3'], [9, 2, 1, 5, 3, 4])
    const members = (size: number) =>
      microBatches(responses, [0, 1, 2, 3, 4, 5], limitOf(size)).map((micro) => micro.batchRows)
    expect(members(2)).toEqual([
      [1, 4],
      [3, 5],
      [0, 2],
    ])
    expect(members(4)).toEqual([
      [1, 4, 3, 5],
      [0, 2],
    ])
  })

  test.prop([anyLengths, fc.integer({ min: 8, max: 200 }), fc.constantFrom(1, 2, 3)])(
    'stay within the limit of tokens, except a single longer sequence',
    (lengths, tokens, replicas) => {
      const { responses } = aBatchOf(lengths)
      const limit = { sequences: 64, tokens }
      const found = microBatches(responses, [...responses.keys()], limit, replicas)
      expect(found.flatMap(({ batchRows }) => batchRows).sort((a, b) => a - b)).toEqual([...responses.keys()])
      for (const { shape, batchRows } of found) {
        const taken = shape.prompts * shape.promptLength + shape.rows * shape.length
        if (batchRows.length > 1) expect(taken).toBeLessThanOrEqual(tokens)
        else expect(shape.rows).toBeLessThanOrEqual(8)
      }
    },
  )

  it('are split at the limit of tokens, shorter completions first', () => {
    const responses = asking(['1', '2', '3', '4'], [40, 3, 40, 3])
    const cut = (tokens: number) =>
      microBatches(responses, [0, 1, 2, 3], { sequences: 64, tokens }).map((micro) => micro.batchRows)
    expect(cut(332)).toEqual([[1, 3, 0, 2]])
    // Each micro-batch has eight rows of 41 tokens, and prompts.
    expect(cut(331)).toEqual([
      [1, 3],
      [0, 2],
    ])
    expect(cut(329)).toEqual([[1, 3], [0], [2]])
    expect(cut(1)).toEqual([[1], [3], [0], [2]])
  })

  it('read a prompt twice if its completions do not fit into one micro-batch', () => {
    const [first, second] = microBatches(asking(['1', '1', '1'], [3, 3, 3]), [0, 1, 2], limitOf(2))
    expect([first!.shape.prompts, second!.shape.prompts]).toEqual([1, 1])
    expect(first!.feed['prompts']).toEqual(second!.feed['prompts'])
  })

  it('have at least eight rows unless completions are long', () => {
    const rowsOf = (length: number) => microBatches(aBatchOf([length]).responses, [0], limitOf(64))[0]!.shape.rows
    expect([1, 20, 60, 80, 200].map(rowsOf)).toEqual([8, 8, 8, 1, 1])
  })

  it('leave out the last token, which predicts none, and round lengths up to multiples of 4', () => {
    const lengthFor = (length: number) => microBatches(aBatchOf([length]).responses, [0], limitOf(8))[0]!.shape.length
    expect([1, 2, 3, 4, 5, 6, 9, 10].map(lengthFor)).toEqual([2, 2, 3, 5, 5, 9, 9, 13])
    expect(microBatches([], [], limitOf(8))).toEqual([])
  })
})

describe('chunks', () => {
  test.prop([fc.array(fc.nat()), fc.integer({ min: 1, max: 9 })])('are full except the last', (items, size) => {
    const found = chunks(items, size)
    expect(found.flat()).toEqual(items)
    for (const chunk of found.slice(0, -1)) expect(chunk).toHaveLength(size)
    for (const chunk of found) expect(chunk.length).toBeGreaterThan(0)
  })

  test.prop([fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 5 })])(
    'give replicas a similar number of completions, in few shapes',
    (count, most, replicas) => {
      const { responses } = aBatchOf(Array.from({ length: count }, (_, i) => 1 + (i % 9)))
      const made = microBatches(responses, [...responses.keys()], { sequences: most, tokens: Infinity }, replicas)
      const sizes = made.map(({ batchRows }) => batchRows.length)
      expect(new Set(sizes.slice(0, -1)).size).toBeLessThanOrEqual(1)
      expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[0]!)
      expect(sizes.reduce((a, b) => a + b)).toBe(count)
      // No replica gets more than its share and one micro-batch.
      const share = Math.ceil(count / replicas)
      expect(Math.ceil(made.length / replicas) * sizes[0]!).toBeLessThan(share + sizes[0]!)
      if (share >= 64) expect(sizes[0]).toBeLessThanOrEqual(share / 2)
      for (const { shape, batchRows } of made) expect(shape.rows).toBe(Math.min(most, rowsFor(batchRows.length)))
      if (share > 16 && most > 16) expect(Math.log2(sizes[0]!) % 1 === 0 || sizes[0] === most).toBe(true)
    },
  )

  it('are as many as the replicas if there are few completions', () => {
    const { responses } = aBatchOf([3, 1, 4, 1, 5])
    const members = (replicas: number) =>
      microBatches(responses, [0, 1, 2, 3, 4], limitOf(64), replicas).map((micro) => micro.batchRows)
    expect(members(1)).toEqual([[1, 3, 0, 2, 4]])
    expect(members(2)).toEqual([
      [1, 3, 0],
      [2, 4],
    ])
    expect(members(9)).toEqual([[1], [3], [0], [2], [4]])
  })
})
