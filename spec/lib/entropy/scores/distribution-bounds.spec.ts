import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type Bounds, distributionBounds, type KnownPart } from '#lib/entropy/scores/distribution-bounds.js'
import { anyDistribution, softmax } from '../distributions.js'

/** Random distributions, from uniform over peaked to certain, of which the first tokens may be equally probable. */
const anyPeaked = fc.oneof(
  anyDistribution.map(({ p_V }) => p_V),
  fc
    .tuple(
      fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
    )
    .map(([gaps_V, ties]) => softmax([...new Array<number>(ties).fill(0), ...gaps_V.map((gap) => -gap)])),
)

/** Known part of a distribution: its k largest probabilities, and that of a sampled token. */
const knownOf = (p_V: readonly number[], k: number, sampled = 0): KnownPart => {
  const descending = p_V.toSorted((a, b) => b - a)
  const known = [...descending.slice(0, k), ...(sampled < k ? [] : [descending[sampled]!])]
  return { logprobs: known.map(Math.log), others: p_V.length - known.length, largest: descending[k - 1]! }
}

const plogp = (p: number) => (p === 0 ? 0 : p * Math.log(p))
const total = (p_V: readonly number[], of: (p: number) => number) => p_V.reduce((sum, p) => sum + of(p), 0)
const truthOf = (p_V: readonly number[]) => {
  const entropy = -total(p_V, plogp)
  const squares = total(p_V, (p) => p * p)
  return { entropy, squares, expectedS: entropy * squares + total(p_V, (p) => p * plogp(p)) }
}

const names = ['entropy', 'squares', 'expectedS'] as const
const contains = ({ low, high }: Bounds, value: number) => low - 1e-9 <= value && value <= high + 1e-9

describe('distributionBounds', () => {
  test.prop([anyPeaked, fc.integer({ min: 1, max: 35 }), fc.nat({ max: 34 })], { numRuns: 2000 })(
    'contain the entropy, the sum of squares and E[S] of every distribution',
    (p_V, k, sampled) => {
      const known = Math.min(k, p_V.length)
      const found = distributionBounds(knownOf(p_V, known, Math.min(sampled, p_V.length - 1)))
      const truth = truthOf(p_V)
      for (const name of names) expect([name, found[name], contains(found[name], truth[name])]).toContain(true)
    },
  )

  test.prop([anyPeaked])('are equal to the truth if every token is known, or all but one', (p_V) => {
    const truth = truthOf(p_V)
    for (const known of [p_V.length, Math.max(1, p_V.length - 1)]) {
      const found = distributionBounds(knownOf(p_V, known))
      for (const name of names) {
        expect(found[name].low).toBeCloseTo(truth[name], 9)
        expect(found[name].high).toBeCloseTo(truth[name], 9)
      }
    }
  })

  test.prop([anyPeaked, fc.integer({ min: 1, max: 34 })])('narrow as more tokens are known', (p_V, k) => {
    const width = (count: number) => {
      const { low, high } = distributionBounds(knownOf(p_V, Math.min(count, p_V.length))).entropy
      return high - low
    }
    expect(width(k + 1)).toBeLessThanOrEqual(width(k) + 1e-9)
  })

  it('are reached by the distributions that spread the rest evenly and on as few tokens as possible', () => {
    const known: KnownPart = { logprobs: [Math.log(0.5), Math.log(0.2)], others: 6, largest: 0.2 }
    const { entropy, squares } = distributionBounds(known)
    const even = truthOf([0.5, 0.2, ...new Array<number>(6).fill(0.05)])
    const concentrated = truthOf([0.5, 0.2, 0.2, 0.1])
    expect(entropy.high).toBeCloseTo(even.entropy, 12)
    expect(squares.low).toBeCloseTo(even.squares, 12)
    expect(entropy.low).toBeCloseTo(concentrated.entropy, 12)
    expect(squares.high).toBeCloseTo(concentrated.squares, 12)
  })

  it('hold where rounding leaves more than the others can have', () => {
    // Four equal probabilities, of which one is known with an error.
    const { entropy } = distributionBounds({ logprobs: [Math.log(0.25) - 1e-6], others: 3, largest: 0.25 * (1 - 1e-6) })
    expect(entropy.low).toBeCloseTo(Math.log(4), 5)
    expect(entropy.high).toBeCloseTo(Math.log(4), 5)
  })
})
