import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { passes, type Place } from '#lib/task/data/passes.js'

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)

/** First places of the passes, and their windows. */
const taken = (count: number, ...args: Parameters<typeof passes>) => {
  const windows: (readonly Place[])[] = []
  for (const window of passes(...args)) {
    windows.push(window)
    if (sum(windows.map(({ length }) => length)) >= count) break
  }
  return { windows, places: windows.flat().slice(0, count) }
}
const nameOf = ({ block, row }: Place) => `${block}.${row}`

const sizes = fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }).filter((counts) => sum(counts) > 0)
const window = fc.integer({ min: 1, max: 20 })
const seed = fc.nat(1000)

describe('passes', () => {
  test.prop([sizes, seed, window])('have every row once in each pass', (sizes, seed, window) => {
    const all = sizes.flatMap((size, block) => Array.from({ length: size }, (_, row) => nameOf({ block, row })))
    const { places } = taken(3 * all.length, sizes, seed, 0, window)
    for (const pass of [0, 1, 2])
      expect(
        places
          .slice(pass * all.length, (pass + 1) * all.length)
          .map(nameOf)
          .sort(),
      ).toEqual([...all].sort())
  })

  test.prop([sizes, seed, window, fc.nat(100)])('continue from any position', (sizes, seed, window, from) => {
    const uninterrupted = taken(from + 20, sizes, seed, 0, window).places
    expect(taken(20, sizes, seed, from, window).places).toEqual(uninterrupted.slice(from))
  })

  test.prop([sizes, seed, window])('have at most one window of rows in memory, or one block', (sizes, seed, window) => {
    for (const places of taken(2 * sum(sizes), sizes, seed, 0, window).windows)
      expect(places.length <= window || new Set(places.map(({ block }) => block)).size === 1).toBe(true)
  })

  const order = (seed: number, from: number) => taken(100, [50, 0, 30, 20], seed, from).places.map(nameOf)

  it('have an order that depends on the seed and the pass', () => {
    const orders = [order(1, 0), order(1, 0), order(2, 0), order(1, 100)]
    expect(new Set(orders.map((places) => places.join())).size).toBe(3)
    expect(orders[0]).toEqual(orders[1])
  })

  it('put each row of a window at each position equally often', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 4000; seed++) {
      const key = taken(3, [1, 2], seed, 0).places.map(nameOf).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // Within 4 standard deviations of 4000 / 6.
    for (const count of counts.values()) expect(Math.abs(count - 4000 / 6)).toBeLessThan(4 * Math.sqrt((4000 * 5) / 36))
  })

  it('mix only blocks of the same window', () => {
    const { windows } = taken(60, [20, 20, 20], 3, 0, 40)
    expect(windows.map(({ length }) => length)).toEqual([40, 20])
    const changes = windows[0]!.filter(({ block }, i, all) => i > 0 && block !== all[i - 1]!.block).length
    expect(changes).toBeGreaterThan(10)
  })
})
