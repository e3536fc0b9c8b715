import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { logTokenBaseline_BT } from '#lib/entropy/log-token-baseline.js'
import { entropyOf, logTokenBaseline, probabilityChange, sensitivity } from '#lib/entropy/theory.js'
import { measuredBatch } from './batches.js'
import { anyDistribution, softmax } from './distributions.js'

/** Scores of `token` under p, as the scoring pass measures them. */
const scoresOf = (p_V: readonly number[], token: number) => {
  const { s_V, expectedS } = sensitivity(p_V)
  return {
    logprob: Math.log(p_V[token]!),
    entropy: entropyOf(p_V),
    s: s_V[token]!,
    expectedS,
    squares: p_V.reduce((sum, p) => sum + p * p, 0),
  }
}

const baselineOf = (token: ReturnType<typeof scoresOf>): number =>
  logTokenBaseline_BT(measuredBatch([{ advantage: 1, tokens: [token] }]))[0]!

describe('log token baseline', () => {
  it('agrees with a calculation by hand for p = 1/2, 1/4, 1/4, and is 0 in the padding', () => {
    const p_V = [0.5, 0.25, 0.25]
    const batch = measuredBatch([
      { advantage: 1, tokens: [scoresOf(p_V, 0), scoresOf(p_V, 1)] },
      { advantage: -1, tokens: [scoresOf(p_V, 1)] },
    ])
    // q = 3/8. For the likely token both other tokens have p = 1/4. For an unlikely token, log TB - log p is (3/16) / (7/32) = 6/7.
    const found = [...logTokenBaseline_BT(batch)].map((x) => x / Math.LN2)
    const expected = [-2, -8 / 7, -8 / 7, 0]
    expected.forEach((x, i) => expect(found[i]).toBeCloseTo(x, 6))
  })

  test.prop([anyDistribution, fc.nat()], { numRuns: 1000 })('agrees with the closed form', ({ p_V }, draw) => {
    const token = draw % p_V.length
    fc.pre(p_V[token]! < 1 - 2 ** -8)
    const expected = logTokenBaseline(p_V, token)
    const scale = (1 + Math.abs(expected)) / probabilityChange({ p_V, token, rate: 1 })[token]!
    expect(Math.abs(baselineOf(scoresOf(p_V, token)) - expected)).toBeLessThan(1e-6 * scale)
  })

  test.prop([anyDistribution, fc.double({ min: 8, max: 200, noNaN: true })], { numRuns: 1000 })(
    'of a nearly certain token is close to the closed form, below log(1 - p), and finite',
    ({ z_V }, by) => {
      const p_V = softmax([Math.max(...z_V) + by, ...z_V])
      const rest = 1 - p_V[0]!
      fc.pre(rest < 2 ** -8)
      const found = baselineOf(scoresOf(p_V, 0))
      expect(found).toBeLessThanOrEqual(Math.log(Math.max(rest, 2 ** -20)) + 1e-3)
      expect(found).toBeGreaterThan(-20)
      if (rest > 2 ** -20) expect(Math.abs(found - logTokenBaseline(p_V, 0))).toBeLessThan(0.5)
    },
  )

  it('of a certain token is the bound of single precision', () => {
    expect(baselineOf(scoresOf([1, 0], 0))).toBeCloseTo(-20 * Math.LN2, 12)
    // Rounding can give an entropy of 0 and a log-prob slightly above 0.
    expect(baselineOf({ ...scoresOf([1, 0], 0), logprob: 2 ** -24 })).toBeCloseTo(-20 * Math.LN2, 12)
  })

  it('of no tokens is empty', () => {
    expect(logTokenBaseline_BT(measuredBatch([]))).toHaveLength(0)
  })
})
