import { describe, expect, it } from 'vitest'
import { hasZeroVariance } from '#lib/advantage/zero-variance.js'

describe('hasZeroVariance', () => {
  it.each([
    [[1, 1, 1], true],
    [[0, 1e-8], true],
    [[0, 1.1e-8], false],
    [[0, 1, 0], false],
    [[0.4], true],
    [[], true],
  ])('%j: %s', (rewards, expected) => {
    expect(hasZeroVariance(rewards)).toBe(expected)
  })

  it('uses the tolerance that it is given', () => {
    expect(hasZeroVariance([0.4, 0.5], 0.2)).toBe(true)
  })
})
