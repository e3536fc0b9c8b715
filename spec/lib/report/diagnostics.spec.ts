import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { everything } from '#lib/entropy/filter/everything.js'
import { sign } from '#lib/entropy/filter/sign.js'
import { entropyOf, logTokenBaseline, sensitivity } from '#lib/entropy/theory.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { diagnosticsOf } from '#lib/report/diagnostics.js'
import { measuredBatch, stateOf } from '../entropy/batches.js'
import { anyDistribution } from '../entropy/distributions.js'

const acceptAll = (batch: MeasuredBatch) => everything().admit(stateOf(0), batch)

// Learner probabilities are 1/2 or 1/4; the sampler's are half, equal or twice as large.
const half = -Math.LN2
const quarter = -2 * Math.LN2
const batch = measuredBatch([
  {
    advantage: 2,
    tokens: [
      { logprob: half, samplerLogprob: half, s: 0.5, expectedS: 0.25, squares: 0.5 },
      { logprob: quarter, samplerLogprob: half, s: 0, expectedS: 0.25, squares: 0.5 },
    ],
  },
  { advantage: -1, tokens: [{ logprob: half, samplerLogprob: quarter, s: 0.25, expectedS: 0.25, squares: 0.5 }] },
  { advantage: NaN, tokens: [{ logprob: half, samplerLogprob: half, s: 0.5, expectedS: 0.25, squares: 0.5 }] },
])

describe('diagnosticsOf', () => {
  it('agrees with a calculation by hand', () => {
    const found = diagnosticsOf(acceptAll(batch))
    expect(found.logLikelihood.all).toBeCloseTo(-1.25 * Math.LN2, 6)
    expect(found.logLikelihood.positive).toBeCloseTo(-1.5 * Math.LN2, 6)
    expect(found.logLikelihood.negative).toBeCloseTo(-Math.LN2, 6)
    // dp = 1/2 (1/2) for p = 1/2 and 1/4 (1 - 1/2 + 1/2) for p = 1/4: margins 1, -1, 0 and 1.
    expect(found.logBaseline).toBeCloseTo(-1.25 * Math.LN2 - 0.25, 6)
    expect(found.aboveBaseline).toBe(0.5)
    // d = 0, -log 2, log 2, 0: e^d - 1 - d = 0, log 2 - 1/2, 1 - log 2, 0.
    expect(found.klToSampler).toBeCloseTo(0.5 / 4, 6)
    expect(found.samplerRatio.min).toBeCloseTo(0.5, 6)
    expect(found.samplerRatio.max).toBeCloseTo(2, 6)
    // |d| = 0, log 2, log 2, 0, and the importance weights are 1, 1/2, 2, 1: (9/2)^2 / (4 (1 + 1/4 + 4 + 1)).
    expect(found.samplerDifference.mean).toBeCloseTo(Math.LN2 / 2, 6)
    expect(found.samplerDifference.max).toBeCloseTo(Math.LN2, 6)
    expect(found.effectiveSampleSize).toBeCloseTo(4.5 ** 2 / (4 * 6.25), 6)
    expect(found.klToReference).toBeNull()
    expect(found.effectiveBatch).toBe(2)
  })

  it('measures the KL divergence to a reference, with |d| up to 20 nats', () => {
    const referenced = (...logprobs: readonly number[]) =>
      diagnosticsOf(acceptAll({ ...batch, referenceLogprobs_BT: Float32Array.from(logprobs) })).klToReference
    // The padding holds 99. d = log 2, -log 2, 0, 0.
    expect(referenced(0, -3 * Math.LN2, half, 99, half, 99)).toBeCloseTo((1 - Math.LN2 + Math.LN2 - 0.5) / 4, 6)
    expect(referenced(-1e6, quarter, half, 99, half, 99)).toBeCloseTo((Math.exp(-20) - 1 + 20) / 4, 6)
  })

  it('counts the responses that the filter accepts', () => {
    expect(diagnosticsOf(sign().admit(stateOf(-1), batch)).effectiveBatch).toBe(1)
  })

  it('has means of NaN without tokens', () => {
    expect(diagnosticsOf(acceptAll(measuredBatch([])))).toEqual({
      logLikelihood: { all: NaN, positive: NaN, negative: NaN },
      logBaseline: NaN,
      aboveBaseline: NaN,
      klToSampler: NaN,
      samplerRatio: { min: NaN, max: NaN },
      samplerDifference: { mean: NaN, max: NaN },
      effectiveSampleSize: NaN,
      klToReference: null,
      effectiveBatch: 0,
    })
    const idle = acceptAll(measuredBatch([{ advantage: 0, tokens: [{}] }]))
    expect(diagnosticsOf(idle).logLikelihood).toEqual({ all: -1, positive: NaN, negative: NaN })
    expect(
      diagnosticsOf({ ...acceptAll(measuredBatch([])), referenceLogprobs_BT: new Float32Array() }).klToReference,
    ).toBeNaN()
  })

  test.prop([anyDistribution, fc.nat()], { numRuns: 1000 })(
    'reports a token above its baseline exactly where S > E[S], the condition of Theorem 1',
    ({ p_V }, draw) => {
      const token = draw % p_V.length
      const { s_V, expectedS } = sensitivity(p_V)
      fc.pre(Math.abs(s_V[token]! - expectedS) > 1e-6)
      const logprob = Math.log(p_V[token]!)
      const squares = p_V.reduce((sum, p) => sum + p * p, 0)
      const scored = { logprob, entropy: entropyOf(p_V), s: s_V[token]!, expectedS, squares }
      const { aboveBaseline } = diagnosticsOf(acceptAll(measuredBatch([{ advantage: 1, tokens: [scored] }])))
      expect(aboveBaseline).toBe(s_V[token]! > expectedS ? 1 : 0)
      expect(aboveBaseline).toBe(logprob > logTokenBaseline(p_V, token) ? 1 : 0)
    },
  )

  const anyLogprob = fc.float({ min: -20, max: 0, noNaN: true })
  test.prop([fc.array(fc.record({ logprob: anyLogprob, samplerLogprob: anyLogprob }), { minLength: 1 })])(
    'has no negative divergence, and a divergence of 0 from the policy itself',
    (tokens) => {
      const moved = diagnosticsOf(acceptAll(measuredBatch([{ advantage: 1, tokens }])))
      expect(moved.klToSampler).toBeGreaterThanOrEqual(0)
      expect(moved.samplerDifference.mean).toBeLessThanOrEqual(moved.samplerDifference.max * (1 + 1e-6))
      expect(moved.effectiveSampleSize).toBeGreaterThan(0)
      expect(moved.effectiveSampleSize).toBeLessThanOrEqual(1 + 1e-6)
      const still = tokens.map(({ logprob }) => ({ logprob, samplerLogprob: logprob }))
      const own = measuredBatch([{ advantage: 1, tokens: still }])
      expect(diagnosticsOf(acceptAll({ ...own, referenceLogprobs_BT: own.scores.logprobs_BT }))).toMatchObject({
        klToSampler: 0,
        samplerRatio: { min: 1, max: 1 },
        samplerDifference: { mean: 0, max: 0 },
        effectiveSampleSize: 1,
        klToReference: 0,
      })
    },
  )
})
