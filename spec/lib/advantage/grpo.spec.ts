import { fc, test } from '@fast-check/vitest'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'

interface Row {
  readonly name: string
  readonly rewards: readonly number[]
  readonly advantages: readonly number[]
}

const golden = JSON.parse(readFileSync(new URL('../../golden/grpo.json', import.meta.url), 'utf8')) as readonly Row[]
const { advantages } = grpo()
const anyGroup = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 16 })
const close = (actual: readonly number[], expected: readonly number[], digits: number) => {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits))
}

describe('grpo', () => {
  it.each(golden)('agrees with NumPy: $name', ({ rewards, advantages: expected }) => {
    close(advantages(rewards), expected, 10)
  })

  it('is worked out by hand', () => {
    // mean 0, sum of squares 4, std sqrt(4 / 3)
    close(
      advantages([1, -1, 1, -1]),
      [1, -1, 1, -1].map((r) => r / (Math.sqrt(4 / 3) + 1e-6)),
      14,
    )
  })

  it('is exactly 0 for equal rewards, whatever rounding says', () => {
    expect(advantages([0.1, 0.1, 0.1])).toEqual([0, 0, 0])
    expect(advantages([0.3, 0.1 + 0.2])).toEqual([0, 0])
  })

  it('is the reward itself in a group of one, and empty for none', () => {
    expect(advantages([0.7])).toEqual([0.7])
    expect(advantages([])).toEqual([])
  })

  it('takes its eps', () => {
    close(grpo({ eps: 1 }).advantages([0, 2]), [-1 / (Math.SQRT2 + 1), 1 / (Math.SQRT2 + 1)], 14)
  })

  test.prop([anyGroup])('sums to zero', (rewards) => {
    expect(advantages(rewards).reduce((sum, advantage) => sum + advantage, 0)).toBeCloseTo(0, 6)
  })

  test.prop([anyGroup, fc.nat()])('follows a permutation', (rewards, seed) => {
    const turn = <A>(list: readonly A[]) =>
      [...list.slice(seed % list.length), ...list.slice(0, seed % list.length)].reverse()
    close(advantages(turn(rewards)), turn(advantages(rewards)), 6)
  })

  test.prop([
    fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 16 }),
    fc.integer({ min: -64, max: 64 }),
  ])('does not see a shift', (rewards, shift) => {
    close(advantages(rewards.map((reward) => reward + shift)), advantages(rewards), 12)
  })

  test.prop([anyGroup])('keeps the order of the rewards', (rewards) => {
    const advantage_G = advantages(rewards)
    rewards.forEach((reward, i) => {
      if (reward > rewards[0]!) expect(advantage_G[i]).toBeGreaterThanOrEqual(advantage_G[0]!)
    })
  })
})
