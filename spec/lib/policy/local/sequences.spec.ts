import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { chunks, collect, microBatches, sequences, spread } from '#lib/policy/local/sequences.js'
import { aBatchOf } from './tiny.js'

const anyLengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 })

describe('sequences', () => {
  test.prop([anyLengths, fc.integer({ min: 1, max: 40 })])(
    'lays out every response once, and predicts each of its tokens from those before it',
    (lengths, microBatch) => {
      const { responses } = aBatchOf(lengths)
      const seen: number[] = []
      let longest = 0
      for (const micro of microBatches(responses, [...responses.keys()], microBatch)) {
        const { rows, length, members, tokens, targets, starts } = micro
        // Like lengths come together, and none is padded by more than a step.
        const lengthsHere = members.map((member) => responses[member]!.prompt.tokens.length + lengths[member]! - 1)
        expect(Math.min(...lengthsHere)).toBeGreaterThanOrEqual(longest)
        longest = Math.max(...lengthsHere)
        expect(length).toBe(Math.ceil(longest / 4) * 4)
        expect(rows).toBeGreaterThanOrEqual(members.length)
        expect(rows).toBeLessThanOrEqual(Math.max(microBatch, members.length))
        expect([tokens.length, targets.length]).toEqual([rows * length, rows * length])
        members.forEach((member, row) => {
          seen.push(member)
          const { prompt, completion } = responses[member]!
          const start = starts[row]!
          const end = start + completion.tokens.length
          expect(targets.slice(start, end)).toEqual(completion.tokens)
          expect([...tokens.slice(row * length, start + 1)]).toEqual([...prompt.tokens])
          expect(tokens.slice(start + 1, end)).toEqual(completion.tokens.slice(0, -1))
          expect(end).toBeLessThanOrEqual((row + 1) * length)
          expect([...tokens.slice(end, (row + 1) * length)].every((token) => token === 0)).toBe(true)
        })
        expect([...tokens.slice(members.length * length)].every((token) => token === 0)).toBe(true)
      }
      expect(seen.sort((a, b) => a - b)).toEqual([...responses.keys()])
    },
  )

  test.prop([anyLengths, fc.integer({ min: 1, max: 12 })])(
    'spreads completion values over a micro-batch and collects them again',
    (lengths, microBatch) => {
      const { responses, width } = aBatchOf(lengths)
      const value = (b: number, t: number) => 1 + 100 * b + t
      const found = new Float32Array(responses.length * width)
      for (const micro of microBatches(responses, [...responses.keys()], microBatch)) {
        const flat = spread(micro, responses, value)
        expect(flat.filter((x) => x !== 0)).toHaveLength(micro.members.reduce((sum, b) => sum + lengths[b]!, 0))
        collect(micro, responses, flat, found, width)
      }
      const expected = lengths.flatMap((n, b) => Array.from({ length: width }, (_, t) => (t < n ? value(b, t) : 0)))
      expect([...found]).toEqual(expected)
    },
  )

  it('is worked out by hand', () => {
    const { responses } = aBatchOf([2])
    const prompt = [...responses[0]!.prompt.tokens]
    const [y0, y1] = responses[0]!.completion.tokens
    expect(prompt).toHaveLength(5)
    expect(sequences(responses, [0], 8, 64)).toMatchObject({ rows: 8, length: 8, members: [0], starts: [4] })
    const { tokens, targets } = sequences(responses, [0], 8, 1)
    expect([...tokens]).toEqual([...prompt, y0, 0, 0])
    expect([...targets]).toEqual([...prompt.slice(1), y0, y1, 0, 0])
  })
})

describe('microBatches', () => {
  it('leave out the last token, which predicts nothing, and round up to fours', () => {
    const lengthFor = (length: number) => microBatches(aBatchOf([length]).responses, [0], 8)[0]!.length
    expect([1, 4, 5, 8, 9].map(lengthFor)).toEqual([8, 8, 12, 12, 16])
    expect(microBatches([], [], 8)).toEqual([])
  })
})

describe('chunks', () => {
  test.prop([fc.array(fc.nat()), fc.integer({ min: 1, max: 9 })])('are full but for the last', (items, size) => {
    const found = chunks(items, size)
    expect(found.flat()).toEqual(items)
    for (const chunk of found.slice(0, -1)) expect(chunk).toHaveLength(size)
    for (const chunk of found) expect(chunk.length).toBeGreaterThan(0)
  })
})
