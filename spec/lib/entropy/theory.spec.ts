import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import {
  entropyChange,
  entropyOf,
  logOutputSpaceBaseline,
  logTokenBaseline,
  probabilityChange,
  sensitivity,
} from '#lib/entropy/theory.js'
import { anyDistribution, softmax } from './distributions.js'

const rate = 1e-6

/** Probabilities after one policy-gradient step on the logits: z + rate grad log p_k. */
const afterStep = ({ z_V, p_V }: { z_V: readonly number[]; p_V: readonly number[] }, token: number, by: number) =>
  softmax(z_V.map((z, i) => z + by * ((i === token ? 1 : 0) - p_V[i]!)))

const anyStep = fc
  .tuple(anyDistribution, fc.nat(), fc.constantFrom(-rate, rate))
  .map(([tabular, draw, by]) => ({ ...tabular, token: draw % tabular.p_V.length, rate: by }))

describe('tabular softmax', () => {
  it('has the entropy of a fair coin, of a certain outcome and of a fair die', () => {
    expect(entropyOf([0.5, 0.5])).toBeCloseTo(Math.LN2, 15)
    expect(entropyOf([1, 0, 0])).toBe(0)
    expect(entropyOf(Array.from({ length: 6 }, () => 1 / 6))).toBeCloseTo(Math.log(6), 14)
  })

  it('changes as calculated by hand', () => {
    // q = 0.38; dp_0 = 0.5 (1 - 1 + 0.38), dp_1 = 0.3 (0.38 - 0.8), dp_2 = 0.2 (0.38 - 0.7)
    const [dp0, dp1, dp2] = probabilityChange({ p_V: [0.5, 0.3, 0.2], token: 0, rate: 1 })
    expect(dp0).toBeCloseTo(0.19, 15)
    expect(dp1).toBeCloseTo(-0.126, 15)
    expect(dp2).toBeCloseTo(-0.064, 15)
  })

  test.prop([anyStep])('takes the step of the closed form, up to second order', (step) => {
    const after_V = afterStep(step, step.token, step.rate)
    const dp_V = probabilityChange(step)
    expect(Math.abs(dp_V.reduce((sum, dp) => sum + dp, 0))).toBeLessThan(1e-20)
    dp_V.forEach((dp, i) => {
      expect(Math.abs(after_V[i]! - step.p_V[i]! - dp)).toBeLessThan(2 * rate ** 2 + 1e-15)
    })
  })

  test.prop([anyStep])('changes its entropy as predicted: same sign, size within 1%', (step) => {
    const predicted = entropyChange(step.p_V, probabilityChange(step))
    const measured = entropyOf(afterStep(step, step.token, step.rate)) - entropyOf(step.p_V)
    fc.pre(Math.abs(predicted) > 1e-3 * rate)
    expect(Math.abs(measured / predicted - 1)).toBeLessThan(0.01)
  })

  test.prop([anyStep])('changes its entropy by -eta A (S_k - E[S])', (step) => {
    const { s_V, expectedS } = sensitivity(step.p_V)
    const predicted = entropyChange(step.p_V, probabilityChange(step)) / step.rate
    expect(-(s_V[step.token]! - expectedS)).toBeCloseTo(predicted, 12)
  })

  it('has S = 0 and no step if the token was certain', () => {
    expect(sensitivity([1, 0])).toEqual({ s_V: [0, 0], expectedS: 0 })
    expect(entropyChange([1, 0], probabilityChange({ p_V: [1, 0], token: 0, rate: 1 }))).toBeCloseTo(0, 15)
  })
})

describe('Theorem 1', () => {
  test.prop([anyStep], { numRuns: 1000 })(
    'never disagrees: above the baseline, A dH <= 0; below, A dH >= 0',
    (step) => {
      const margin = Math.log(step.p_V[step.token]!) - logTokenBaseline(step.p_V, step.token)
      const predicted = entropyChange(step.p_V, probabilityChange(step))
      const measured = entropyOf(afterStep(step, step.token, step.rate)) - entropyOf(step.p_V)
      expect(margin * Math.sign(step.rate) * predicted).toBeLessThanOrEqual(1e-20)
      fc.pre(Math.abs(predicted) > 1e-3 * rate)
      expect(Math.sign(margin) * Math.sign(step.rate) * Math.sign(measured)).toBe(-1)
    },
  )

  it('holds for a likely token and not for an unlikely one', () => {
    const p_V = [0.9, 0.06, 0.04]
    const above = p_V.map((p, token) => Math.log(p) > logTokenBaseline(p_V, token))
    const { s_V, expectedS } = sensitivity(p_V)
    expect(above).toEqual([true, false, false])
    expect(s_V.map((s) => s > expectedS)).toEqual(above)
  })

  it('has the baseline calculated by hand', () => {
    // (0.126 / 0.19) log 0.3 + (0.064 / 0.19) log 0.2
    expect(logTokenBaseline([0.5, 0.3, 0.2], 0)).toBeCloseTo((0.126 * Math.log(0.3) + 0.064 * Math.log(0.2)) / 0.19, 14)
  })
})

describe('output-space baseline', () => {
  const likely = { p_V: [0.5, 0.3, 0.2], token: 0 }
  const unlikely = { p_V: [0.9, 0.06, 0.04], token: 2 }

  it('is the sum over the tokens, starting from 0', () => {
    expect(logOutputSpaceBaseline([])).toBe(0)
    expect(logOutputSpaceBaseline([likely, unlikely])).toBeCloseTo(
      logTokenBaseline(likely.p_V, 0) + logTokenBaseline(unlikely.p_V, 2),
      14,
    )
  })

  it('is not a law: a certain token dominates the margin, an uncertain token the change', () => {
    const certain = { p_V: [0.98, 0.01, 0.01], token: 0 }
    const uncertain = { p_V: [0.5, 0.3, 0.2], token: 1 }
    const sequence = [certain, uncertain]
    const logLikelihood = sequence.reduce((sum, { p_V, token }) => sum + Math.log(p_V[token]!), 0)
    const change = sequence.reduce(
      (sum, step) => sum + entropyChange(step.p_V, probabilityChange({ ...step, rate: 1 })),
      0,
    )
    expect(logLikelihood - logOutputSpaceBaseline(sequence)).toBeGreaterThan(4)
    expect(change).toBeGreaterThan(0.09)
  })
})
