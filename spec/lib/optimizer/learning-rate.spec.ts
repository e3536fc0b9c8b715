import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { constantRate, warmupCosine, warmupLinear } from '#lib/optimizer/learning-rate.js'

describe('constantRate', () => {
  it('is the same at every step', () => {
    expect([0, 1, 1000].map(constantRate(0.3))).toEqual([0.3, 0.3, 0.3])
  })
})

describe('warmupCosine', () => {
  it('agrees with a calculation by hand', () => {
    const rate = warmupCosine({ peak: 1, end: 0.2, warmup: 4, steps: 12 })
    // It rises by quarters, then follows half a cosine of 8 steps from 1 to 0.2.
    expect([0, 1, 2, 3].map(rate)).toEqual([0.25, 0.5, 0.75, 1])
    expect(rate(4)).toBe(1)
    expect(rate(6)).toBeCloseTo(0.6 + 0.4 * Math.SQRT1_2, 14)
    expect(rate(8)).toBeCloseTo(0.6, 14)
    expect(rate(12)).toBeCloseTo(0.2, 14)
  })

  const anyPlan = fc
    .record({ peak: fc.integer({ min: 1, max: 100 }), part: fc.nat(100), warmup: fc.nat(20), more: fc.nat(50) })
    .map(({ peak, part, warmup, more }) => ({ peak, end: (peak * part) / 100, warmup, steps: warmup + more }))

  const shapes = [warmupCosine, warmupLinear]

  test.prop([anyPlan, fc.constantFrom(...shapes)])(
    'rises to its peak, then never falls below its end, and stays there',
    (plan, shape) => {
      const rate = shape(plan)
      for (let step = 0; step < plan.warmup; step++)
        expect(rate(step)).toBeCloseTo((plan.peak * (step + 1)) / plan.warmup)
      expect(rate(plan.warmup)).toBeCloseTo(plan.peak, 12)
      for (let step = plan.warmup; step < plan.steps; step++) {
        expect(rate(step + 1)).toBeLessThanOrEqual(rate(step) + 1e-12)
        expect(rate(step + 1)).toBeGreaterThanOrEqual(plan.end - 1e-12)
      }
      const last = plan.steps === plan.warmup ? plan.steps + 1 : plan.steps
      expect(rate(last)).toBeCloseTo(plan.end, 12)
      expect(rate(last + 1000)).toBe(rate(last))
    },
  )

  it('ends at 0 by default', () => {
    expect(warmupCosine({ peak: 1, warmup: 0, steps: 10 })(10)).toBeCloseTo(0, 14)
    expect(warmupCosine({ peak: 1, warmup: 0, steps: 10 })(0)).toBe(1)
  })
})

describe('warmupLinear', () => {
  it('agrees with a calculation by hand', () => {
    const rate = warmupLinear({ peak: 1, end: 0.2, warmup: 2, steps: 6 })
    const expected = [0.5, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2]
    expected.forEach((value, step) => expect(rate(step)).toBeCloseTo(value, 14))
  })
})
