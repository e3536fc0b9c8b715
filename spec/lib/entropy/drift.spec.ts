import { describe, expect, it } from 'vitest'
import { drift } from '#lib/entropy/drift.js'

describe('drift', () => {
  it.each([
    [0.39, -1],
    [0.4, 0],
    [0.5, 0],
    [0.6, 0],
    [0.61, 1],
    [NaN, 0],
    [Infinity, 1],
  ])('entropy %f in the band 0.4 to 0.6: %i', (entropy, expected) => {
    expect(drift(entropy, { low: 0.4, high: 0.6 })).toBe(expected)
  })

  it('accepts a band whose bounds are equal', () => {
    const band = { low: 0.5, high: 0.5 }
    expect([0.4, 0.5, 0.6].map((entropy) => drift(entropy, band))).toEqual([-1, 0, 1])
  })
})
