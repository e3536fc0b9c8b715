import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { expectClose } from '../compute/reference/close.js'

const advantages = (rewards_G: readonly number[], eps?: number) =>
  grpo(eps === undefined ? {} : { eps })
    .advantages(rewards_G)
    .map(Number)

describe('grpo', () => {
  it('agrees with a calculation by hand', () => {
    // mean 0, sum of squares 4, std sqrt(4 / 3)
    const expected = [1, -1, 1, -1].map((r) => r / (Math.sqrt(4 / 3) + 1e-6))
    expectClose(advantages([1, -1, 1, -1]), expected, 1e-14)
  })

  it('is exactly 0 for equal rewards, also where they differ by rounding', () => {
    expect(advantages([0.1, 0.1, 0.1])).toEqual([0, 0, 0])
    expect(advantages([0.3, 0.1 + 0.2])).toEqual([0, 0])
  })

  it('is the reward itself in a group of one, and empty for none', () => {
    expect(advantages([0.7])).toEqual([0.7])
    expect(advantages([])).toEqual([])
  })

  it('adds eps to the standard deviation', () => {
    expectClose(advantages([0, 2], 1), [-1 / (Math.SQRT2 + 1), 1 / (Math.SQRT2 + 1)], 1e-14)
  })
})
