import { describe, expect, it } from 'vitest'
import { linearBand } from '#lib/entropy/schedule/linear.js'

describe('linear', () => {
  it('follows the schedule of the paper from 0.6..0.7 to 0.1..0.2', () => {
    const at = linearBand({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 101 })
    const [quarter, half] = [at(25), at(50)]
    expect(quarter.low).toBeCloseTo(0.475, 14)
    expect(quarter.high).toBeCloseTo(0.575, 14)
    expect(half.low).toBeCloseTo(0.35, 14)
    expect(half.high).toBeCloseTo(0.45, 14)
  })
})
