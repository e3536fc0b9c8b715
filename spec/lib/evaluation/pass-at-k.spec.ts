import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { meanAtK } from '#lib/evaluation/mean-at-k.js'
import { passAtK } from '#lib/evaluation/pass-at-k.js'

const choose = (n: number, k: number): bigint => {
  let ways = 1n
  for (let i = 0; i < k; i++) ways = (ways * BigInt(n - i)) / BigInt(i + 1)
  return ways
}

const exact = ({ n, c }: { n: number; c: number }, k: number): number => {
  const scale = 10n ** 18n
  return Number(scale - (scale * choose(n - c, k)) / choose(n, k)) / 1e18
}

const anyCount = fc
  .integer({ min: 1, max: 256 })
  .chain((n) => fc.record({ n: fc.constant(n), c: fc.integer({ min: 0, max: n }), k: fc.integer({ min: 1, max: n }) }))

describe('passAtK', () => {
  it('agrees with a calculation by hand', () => {
    // With 4 samples, 1 of them correct, 3 of the 6 pairs miss it.
    expect(passAtK({ n: 4, c: 1 }, 2)).toBeCloseTo(0.5, 15)
    expect(passAtK({ n: 4, c: 0 }, 4)).toBe(0)
    expect(passAtK({ n: 4, c: 1 }, 4)).toBe(1)
  })

  test.prop([anyCount])('matches exact binomials', ({ k, ...count }) => {
    expect(passAtK(count, k)).toBeCloseTo(exact(count, k), 12)
  })

  test.prop([anyCount])('equals the mean at k = 1', (count) => {
    expect(passAtK(count, 1)).toBeCloseTo(meanAtK(count), 12)
  })

  test.prop([anyCount])('grows with k and stays in [0, 1]', ({ k, ...count }) => {
    fc.pre(k < count.n)
    const [fewer, more] = [passAtK(count, k), passAtK(count, k + 1)]
    expect(more).toBeGreaterThanOrEqual(fewer - 1e-12)
    expect(fewer).toBeGreaterThanOrEqual(0)
    expect(more).toBeLessThanOrEqual(1)
  })

  it.each([0, 5, 1.5, NaN])('rejects k = %f of 4', (k) => {
    expect(() => passAtK({ n: 4, c: 1 }, k)).toThrow(new RangeError(`k: found ${k}, expected an integer in 1..4`))
  })
})
