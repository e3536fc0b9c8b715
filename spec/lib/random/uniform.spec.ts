import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { keyedUniform, shuffle, uniform, uniformOfText } from '#lib/random/uniform.js'

const DRAWS = 100_000
const counter = (length: number) => Array.from({ length }, (_, i) => i)

/**
 * Pearson's statistic against equal counts, in standard deviations above its mean. Draws are fixed, so the bound below
 * is crossed only by a change of the code; a sound generator crosses it once in ten thousand streams.
 */
const unevenness = (buckets: number, found: readonly number[]): number => {
  const counts = new Array<number>(buckets).fill(0)
  for (const bucket of found) counts[bucket]!++
  const expected = found.length / buckets
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  return (statistic - (buckets - 1)) / Math.sqrt(2 * (buckets - 1))
}
const BOUND = 4

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Streams that count up in one position of a (seed, batch, prompt, token) key. */
const streams = counter(4).map((position) => ({
  position,
  draws: counter(DRAWS + 1).map((i) => uniform(...[3, 1, 4, 1].with(position, i))),
}))

describe.each(streams)('uniform, counting in position $position of the key', ({ draws }) => {
  it('has the moments of the uniform distribution', () => {
    // Within 4 standard errors: of x 1 / sqrt(12), of x^2 sqrt(4 / 45), of x^3 sqrt(9 / 112).
    const error = (power: number, deviation: number) =>
      (Math.abs(mean(draws.map((x) => x ** power)) - 1 / (power + 1)) / deviation) * Math.sqrt(DRAWS)
    expect(error(1, Math.sqrt(1 / 12))).toBeLessThan(4)
    expect(error(2, Math.sqrt(4 / 45))).toBeLessThan(4)
    expect(error(3, Math.sqrt(9 / 112))).toBeLessThan(4)
  })

  it.each([
    ['the leading bits', (x: number) => Math.floor(x * 64)],
    ['the middle bits', (x: number) => Math.floor(x * 2 ** 30) % 64],
    ['the last bits', (x: number) => (x * 2 ** 53) % 64],
  ])('fills 64 buckets equally by %s', (_, bucket) => {
    expect(unevenness(64, draws.map(bucket))).toBeLessThan(BOUND)
  })

  it('draws neighbours independently', () => {
    const cell = (x: number) => Math.floor(x * 16)
    const pairs = draws.slice(1).map((x, i) => cell(draws[i]!) * 16 + cell(x))
    expect(unevenness(256, pairs)).toBeLessThan(BOUND)
    const products = draws.slice(1).map((x, i) => 12 * (x - 0.5) * (draws[i]! - 0.5))
    expect(Math.abs(mean(products)) * Math.sqrt(DRAWS)).toBeLessThan(4)
  })

  it('draws the two halves of its bits independently', () => {
    const halves = draws.map((x) => Math.floor(x * 16) * 16 + (Math.floor(x * 2 ** 30) % 16))
    expect(unevenness(256, halves)).toBeLessThan(BOUND)
  })
})

describe('uniform', () => {
  const anyKey = fc.array(fc.maxSafeInteger(), { maxLength: 6 })

  test.prop([anyKey])('is in [0, 1) and a function of its key', (key) => {
    const x = uniform(...key)
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x).toBeLessThan(1)
    expect(uniform(...key)).toBe(x)
  })

  test.prop([anyKey, fc.maxSafeInteger()])('keyedUniform(...key)(x) is uniform(...key, x)', (key, x) => {
    expect(keyedUniform(...key)(x)).toBe(uniform(...key, x))
  })

  it('gives different numbers over a grid of keys', () => {
    const grid = counter(48)
    const found = new Set(grid.flatMap((a) => grid.flatMap((b) => grid.map((c) => uniform(a, b, c)))))
    expect(found.size).toBe(48 ** 3)
  })

  it('depends on the position of each integer in the key', () => {
    const swapped = counter(300).flatMap((a) => counter(a).map((b) => [uniform(a, b), uniform(b, a)] as const))
    const correlation = mean(swapped.map(([x, y]) => 12 * (x - 0.5) * (y - 0.5)))
    expect(Math.abs(correlation) * Math.sqrt(swapped.length)).toBeLessThan(4)
    expect(swapped.every(([x, y]) => x !== y)).toBe(true)
  })

  it('depends on the length of the key', () => {
    const keys = [[], [0], [0, 0], [0, 0, 0], [1], [1, 0], [0, 1]]
    expect(new Set(keys.map((key) => uniform(...key))).size).toBe(keys.length)
  })

  test.prop([fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 2 ** 20 })])(
    'depends on every bit of a key above the 32nd',
    (low, high) => {
      expect(uniform(low + high * 2 ** 32)).not.toBe(uniform(low))
      expect(uniform(-low - 1)).not.toBe(uniform(2 ** 32 - low - 1))
    },
  )
})

describe('shuffle', () => {
  test.prop([fc.array(fc.integer()), fc.nat()])('is a permutation and does not change its argument', (items, key) => {
    const before = [...items]
    const ascending = (list: readonly number[]) => [...list].sort((a, b) => a - b)
    expect(ascending(shuffle(items, key))).toEqual(ascending(items))
    expect(items).toEqual(before)
  })

  it('makes all orders of four items about equally likely', () => {
    const names = new Map<string, number>()
    const numberOf = (order: string) => names.get(order) ?? (names.set(order, names.size), names.size - 1)
    const orders = counter(24_000).map((key) => numberOf(shuffle(['a', 'b', 'c', 'd'], 9, key).join('')))
    expect(names.size).toBe(24)
    expect(unevenness(24, orders)).toBeLessThan(BOUND)
  })

  it('depends on the key alone', () => {
    const items = counter(20)
    expect(shuffle(items, 1, 2)).toEqual(shuffle(items, 1, 2))
    expect(shuffle(items, 1, 2)).not.toEqual(shuffle(items, 1, 3))
  })
})

describe('uniformOfText', () => {
  const texts = counter(20_000).map((i) => `question ${i}`)

  it('spreads texts evenly', () => {
    const buckets = texts.map((text) => Math.floor(uniformOfText(text, 7) * 64))
    expect(Math.abs(unevenness(64, buckets))).toBeLessThan(BOUND)
  })

  it('depends on the text and on the key', () => {
    expect(new Set(texts.map((text) => uniformOfText(text))).size).toBe(texts.length)
    expect(new Set(counter(1000).map((key) => uniformOfText('a', key))).size).toBe(1000)
    const similar = ['', '\0', '\0\0', 'a', 'a\0', 'ab', 'ba', 'b', 'é', 'e\u0301', '🙂']
    expect(new Set(similar.map((text) => uniformOfText(text))).size).toBe(similar.length)
  })

  test.prop([fc.string({ unit: 'binary' }), fc.integer()])('is a number in [0, 1), always the same', (text, key) => {
    const x = uniformOfText(text, key)
    expect(x).toBe(uniformOfText(text, key))
    expect(x >= 0 && x < 1).toBe(true)
  })
})
