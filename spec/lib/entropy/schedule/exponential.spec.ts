import { describe, expect, it } from 'vitest'
import { exponentialBand } from '#lib/entropy/schedule/exponential.js'

describe('exponential', () => {
  const at = exponentialBand({ from: { low: 0.9, high: 1 }, to: { low: 0.1, high: 0.2 }, steps: 61 })

  it('is two thirds of the way after a third of the steps', () => {
    const share = (1 - Math.exp(-1)) / (1 - Math.exp(-3))
    expect(at(20).low).toBeCloseTo(0.9 - 0.8 * share, 14)
    expect(at(20).high).toBeCloseTo(1 - 0.8 * share, 14)
    expect(share).toBeCloseTo(2 / 3, 2)
  })

  it('moves by a constant factor less at each step', () => {
    const moves = [0, 1, 2].map((step) => at(step).low - at(step + 1).low)
    expect(moves[1]! / moves[0]!).toBeCloseTo(Math.exp(-3 / 60), 12)
    expect(moves[2]! / moves[1]!).toBeCloseTo(Math.exp(-3 / 60), 12)
  })
})
