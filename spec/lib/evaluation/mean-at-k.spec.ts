import { describe, expect, it } from 'vitest'
import { meanAtK } from '#lib/evaluation/mean-at-k.js'

describe('meanAtK', () => {
  it('is the share of correct samples', () => {
    expect(
      [
        { n: 32, c: 8 },
        { n: 1, c: 0 },
        { n: 3, c: 3 },
      ].map(meanAtK),
    ).toEqual([0.25, 0, 1])
  })

  it.each([
    [{ n: 0, c: 0 }, 'samples: found 0, expected an integer >= 1'],
    [{ n: 2.5, c: 0 }, 'samples: found 2.5, expected an integer >= 1'],
    [{ n: 4, c: 5 }, 'correct: found 5, expected an integer in 0..4'],
    [{ n: 4, c: -1 }, 'correct: found -1, expected an integer in 0..4'],
  ])('rejects %j', (count, message) => {
    expect(() => meanAtK(count)).toThrow(new RangeError(message))
  })
})
