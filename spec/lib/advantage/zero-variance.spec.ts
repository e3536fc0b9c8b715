import { describe, expect, it } from 'vitest'
import { hasZeroVariance } from '#lib/advantage/zero-variance.js'

describe('hasZeroVariance', () => {
  it.each([
    [[1, 1, 1], true],
    [[1, 1 + 1e-8], true],
    [[1, 1 + 1.1e-7], false],
    [[1e9, 1e9 + 10], true],
    [[1e9, 1e9 + 200], false],
    [[1e-6, 1e-6 + 1e-14], true],
    [[1e-6, 1.001e-6], false],
    [[0, 1e-8], false],
    [[0, 1e-12], true],
    [[0, 0.1 + 0.2 - 0.3], true],
    [[Math.fround(0.3), 0.3], true],
    [[-1, 1], false],
    [[0, 1, 0], false],
    [[0.4], true],
    [[], true],
  ])('%j: %s', (rewards, expected) => {
    expect(hasZeroVariance(rewards)).toBe(expected)
  })

  it('uses the relative tolerance that it is given', () => {
    expect(hasZeroVariance([0.4, 0.5], 0.2)).toBe(true)
  })
})
