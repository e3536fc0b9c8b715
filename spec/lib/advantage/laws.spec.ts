import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { drGrpo } from '#lib/advantage/dr-grpo.js'
import type { Estimator, GroupEstimator, GroupRewards } from '#lib/advantage/estimator.js'
import { grpo } from '#lib/advantage/grpo.js'
import { estimators } from '#lib/advantage/index.js'
import { reinforcePlusPlusBaseline } from '#lib/advantage/reinforce-plus-plus-baseline.js'
import { reinforcePlusPlus } from '#lib/advantage/reinforce-plus-plus.js'
import { rloo } from '#lib/advantage/rloo.js'
import { expectClose } from '../compute/reference/close.js'

const anyReward = fc.double({ min: -2, max: 2, noNaN: true })
const anyGroup = fc.array(anyReward, { minLength: 2, maxLength: 16 })
/** Rewards in steps of an eighth: shifting them by whole numbers causes no rounding. */
const eighths = fc.array(
  fc.integer({ min: -16, max: 16 }).map((n) => n / 8),
  { minLength: 2, maxLength: 16 },
)
const advantagesOf = ({ advantages }: GroupEstimator, rewards_G: readonly number[]) => advantages(rewards_G).map(Number)
const rotate = <A>(list: readonly A[], by: number) => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
]

describe.each([grpo(), rloo(), drGrpo()])('$name compares with the group', (estimator) => {
  test.prop([anyGroup])('sums to zero', (rewards_G) => {
    expect(advantagesOf(estimator, rewards_G).reduce((sum, advantage) => sum + advantage, 0)).toBeCloseTo(0, 6)
  })

  test.prop([anyGroup, fc.nat()])('follows a permutation', (rewards_G, by) => {
    expectClose(advantagesOf(estimator, rotate(rewards_G, by)), rotate(advantagesOf(estimator, rewards_G), by), 1e-6)
  })

  test.prop([eighths, fc.integer({ min: -64, max: 64 })])(
    'does not change when all rewards shift',
    (rewards_G, shift) => {
      const shifted = rewards_G.map((reward) => reward + shift)
      expectClose(advantagesOf(estimator, shifted), advantagesOf(estimator, rewards_G), 1e-12)
    },
  )

  test.prop([anyGroup])('keeps the order of the rewards', (rewards_G) => {
    const advantages_G = advantagesOf(estimator, rewards_G)
    rewards_G.forEach((reward, g) => {
      if (reward > rewards_G[0]!) expect(advantages_G[g]).toBeGreaterThanOrEqual(advantages_G[0]!)
    })
  })

  it.each([
    [0.25, 0.25 + 9e-9, 0.25],
    [-1, -1],
    [1e9 * 0.3, 1e9 * (0.1 + 0.2)],
    [1e-6 * 0.3, 1e-6 * (0.1 + 0.2)],
    [0, 0.1 + 0.2 - 0.3],
  ])('is exactly 0 for rewards that are equal up to rounding', (...rewards_G) => {
    expect(advantagesOf(estimator, rewards_G)).toEqual(rewards_G.map(() => 0))
  })
})

const anyBatch = fc.array(
  anyGroup.chain((rewards_G) =>
    fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: rewards_G.length, maxLength: rewards_G.length })
      .map((tokens_G): GroupRewards => ({ rewards_G, tokens_G })),
  ),
  { minLength: 1, maxLength: 4 },
)

describe.each([reinforcePlusPlus(), reinforcePlusPlusBaseline()])('$name compares over the batch', (estimator) => {
  test.prop([anyBatch])('has mean 0 and variance 1 over tokens', (groups_P) => {
    const advantages = estimator.advantages(groups_P)
    const tokens = groups_P.flatMap(({ tokens_G }, p) =>
      tokens_G.flatMap((count, g) => Array.from({ length: count }, () => Number(advantages[p]![g]))),
    )
    const mean = tokens.reduce((sum, value) => sum + value, 0) / tokens.length
    const variance = tokens.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (tokens.length - 1)
    expect(mean).toBeCloseTo(0, 6)
    fc.pre(groups_P.some(({ rewards_G }) => Math.max(...rewards_G) - Math.min(...rewards_G) > 0.1))
    expect(variance).toBeCloseTo(1, 3)
  })

  test.prop([anyBatch, fc.nat()])('follows a permutation of the groups', (groups_P, by) => {
    const [found, expected] = [estimator.advantages(rotate(groups_P, by)), rotate(estimator.advantages(groups_P), by)]
    expectClose(found.flat().map(Number), expected.flat().map(Number), 1e-6)
  })
})

describe('estimators', () => {
  const all: readonly (readonly [string, Estimator])[] = Object.entries(estimators).map(([name, { create }]) => [
    name,
    create(),
  ])

  it.each(all)('%s has its name, and an advantage or an exclusion for each reward', (name, estimator) => {
    const rewards_G = [1, -1, -1]
    const found =
      estimator.scope === 'group'
        ? estimator.advantages(rewards_G)
        : estimator.advantages([{ rewards_G, tokens_G: [1, 2, 3] }]).flat()
    expect(estimator.name).toBe(name)
    expect(found).toHaveLength(3)
  })

  it('need a signed reward if they separate responses by its sign', () => {
    const signed = all.filter(([, { rewards }]) => rewards === 'signed').map(([name]) => name)
    expect(signed).toEqual(['raft++', 'psr', 'nsr', 'w-reinforce'])
    expect(new Set(all.map(([, { rewards }]) => rewards))).toEqual(new Set(['any', 'signed']))
  })
})

/** Factors of the rewards that may change no normalised advantage. */
const anyFactor = fc.oneof(fc.constantFrom(1e-6, 1e9), fc.double({ min: 1e-6, max: 1e9, noNaN: true }))

describe.each([grpo(), reinforcePlusPlus(), reinforcePlusPlusBaseline()])('$name', (estimator) => {
  const advantages = (groups_P: readonly GroupRewards[]) =>
    estimator.scope === 'group'
      ? groups_P.map(({ rewards_G }) => estimator.advantages(rewards_G))
      : estimator.advantages(groups_P)
  const anyEighths = fc.array(
    eighths.map((rewards_G): GroupRewards => ({ rewards_G, tokens_G: rewards_G.map((_, g) => 1 + (g % 3)) })),
    { minLength: 1, maxLength: 4 },
  )

  test.prop([anyEighths, anyFactor])('is the same for rewards of any scale', (groups_P, factor) => {
    const scaled = groups_P.map(({ rewards_G, tokens_G }) => ({
      rewards_G: rewards_G.map((reward) => factor * reward),
      tokens_G,
    }))
    expectClose(advantages(scaled).flat().map(Number), advantages(groups_P).flat().map(Number), 1e-6)
  })

  test.prop([fc.array(anyGroup, { minLength: 1, maxLength: 4 }), anyFactor])(
    'is exactly 0 where the rewards of each group are equal up to rounding',
    (groups, factor) => {
      // reinforce++ compares the groups with each other, so all of them have the same reward.
      const mean = (p: number) => factor * (estimator.name === 'reinforce++' ? groups[0]![0]! : groups[p]![0]!)
      const groups_P = groups.map((group, p) => ({
        rewards_G: group.map((_, g) => mean(p) * (1 + g * 1e-16)),
        tokens_G: group.map((_, g) => 1 + (g % 3)),
      }))
      for (const advantage of advantages(groups_P).flat()) expect(Math.abs(Number(advantage))).toBe(0)
    },
  )
})

describe('a batch of equal rewards', () => {
  test.prop([anyReward, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 })])(
    'has advantages of exactly 0 in reinforce++, without the rounding error of the mean',
    (reward, tokens_G) => {
      const groups_P = [{ rewards_G: tokens_G.map(() => reward), tokens_G }]
      expect(reinforcePlusPlus().advantages(groups_P)).toEqual([tokens_G.map(() => 0)])
    },
  )

  it('has advantages of 0 without tokens, too', () => {
    expect(reinforcePlusPlus().advantages([{ rewards_G: [1, -1], tokens_G: [0, 0] }])).toEqual([[0, 0]])
  })
})
