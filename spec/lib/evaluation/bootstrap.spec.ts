import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { bootstrap } from '#lib/evaluation/bootstrap.js'
import { uniform } from '#lib/random/uniform.js'

const anyValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })

describe('bootstrap', () => {
  it('has the width of the normal approximation for a large sample', () => {
    const coins = Array.from({ length: 400 }, (_, i) => i % 2)
    const { value, low, high } = bootstrap(coins, { seed: 1 })
    const half = 1.96 * Math.sqrt(0.25 / 400)
    expect(value).toBe(0.5)
    expect(Math.abs(low - (0.5 - half))).toBeLessThan(0.006)
    expect(Math.abs(high - (0.5 + half))).toBeLessThan(0.006)
  })

  it('covers the true mean about as often as its level', () => {
    const sets = 300
    let covered = 0
    for (let set = 0; set < sets; set++) {
      const values = Array.from({ length: 40 }, (_, i) => uniform(7, set, i))
      const { low, high } = bootstrap(values, { seed: set, resamples: 200, level: 0.8 })
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    expect(covered / sets).toBeGreaterThan(0.73)
    expect(covered / sets).toBeLessThan(0.87)
  })

  test.prop([anyValues, fc.nat()])('orders low and high, within the range of the values', (values, seed) => {
    const { low, high } = bootstrap(values, { seed, resamples: 50 })
    expect(low).toBeLessThanOrEqual(high)
    expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12)
    expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12)
  })

  it('depends on the seed alone', () => {
    const values = Array.from({ length: 30 }, (_, i) => i / 30)
    expect(bootstrap(values, { seed: 3 })).toEqual(bootstrap(values, { seed: 3 }))
    expect(bootstrap(values, { seed: 3 }).low).not.toBe(bootstrap(values, { seed: 4 }).low)
  })

  it('has width 0 for equal values, and is NaN without values', () => {
    expect(bootstrap([0.5, 0.5], { seed: 1 })).toEqual({ value: 0.5, low: 0.5, high: 0.5 })
    expect(bootstrap([], { seed: 1 })).toEqual({ value: NaN, low: NaN, high: NaN })
  })
})
