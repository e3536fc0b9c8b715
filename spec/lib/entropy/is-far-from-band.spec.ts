import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { isFarFromBand } from '#lib/entropy/is-far-from-band.js'

const anyNats = fc.double({ min: 1e-3, max: 10, noNaN: true })

describe('isFarFromBand', () => {
  it.each([
    ['inside', 0.8, false],
    ['on the upper bound', 1, false],
    ['above, at 1.5 times the upper bound', 1.5, false],
    ['further above', 1.51, true],
    ['below, at the lower bound divided by 1.5', 0.5, false],
    ['further below', 0.49, true],
    ['0', 0, true],
    ['that of a batch without tokens', NaN, false],
  ])('of 0.75-1, the entropy %s', (_, entropy, expected) => {
    expect(isFarFromBand(entropy, { low: 0.75, high: 1 })).toBe(expected)
  })

  test.prop([anyNats, anyNats, anyNats])('is false inside, and does not depend on the unit', (a, b, entropy) => {
    const band = { low: Math.min(a, b), high: Math.max(a, b) }
    if (band.low <= entropy && entropy <= band.high) expect(isFarFromBand(entropy, band)).toBe(false)
    // A factor of two is exact, so it moves no number across a bound.
    expect(isFarFromBand(2 * entropy, { low: 2 * band.low, high: 2 * band.high })).toBe(isFarFromBand(entropy, band))
  })
})
