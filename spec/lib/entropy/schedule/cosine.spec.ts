import { describe, expect, it } from 'vitest'
import { cosineBand } from '#lib/entropy/schedule/cosine.js'

describe('cosine', () => {
  const at = cosineBand({ from: { low: 0.9, high: 1 }, to: { low: 0.1, high: 0.2 }, steps: 61 })

  it('is a quarter of the way after a third of the steps, and half way after half of them', () => {
    expect(at(20).low).toBeCloseTo(0.7, 14)
    expect(at(30).low).toBeCloseTo(0.5, 14)
    expect(at(40).high).toBeCloseTo(0.4, 14)
  })
})
