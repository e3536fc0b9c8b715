import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planPoints } from '#dashboard/server/plan-points.js'
import { constantBand, cosineBand, linearBand, piecewiseBand } from '#algorithms.js'
import type { Band } from '#lib/rollout/band.js'
import { range } from './test-dashboard.js'

const from = { low: 0.6, high: 0.7 }
const to = { low: 0.1, high: 0.25 }

/** Largest distance between a plan and its points, at some steps. */
const distance = (plan: (step: number) => Band, points: ReturnType<typeof planPoints>, planned: number): number => {
  const shown = piecewiseBand(points)
  const steps = range(1000).map((i) => Math.round((i * (planned - 1)) / 999))
  return Math.max(
    ...steps.flatMap((step) =>
      (['low', 'high'] as const).map((bound) => Math.abs(shown(step)[bound] - plan(step)[bound])),
    ),
  )
}

describe('planPoints', () => {
  it.each([1, 2, 60, 100_000, 1_000_000_000])('has few points for constant and linear plans of %i steps', (planned) => {
    const constant = planPoints(constantBand(from), planned, 128)
    expect(constant.length).toBeLessThanOrEqual(2)
    const ramp = linearBand({ from, to, steps: planned })
    const linear = planPoints(ramp, planned, 128)
    expect(linear.length).toBeLessThanOrEqual(4)
    expect(distance(ramp, linear, planned)).toBeLessThan(1e-6)
  })

  it('shows a cosine over 100,000 steps to 0.0001 nats', () => {
    const plan = cosineBand({ from, to, steps: 100_000 })
    const points = planPoints(plan, 100_000, 128)
    expect(points.length).toBeLessThanOrEqual(128)
    expect(distance(plan, points, 100_000)).toBeLessThan(1e-4)
  })

  it('has the corners of a plan at their steps', () => {
    const plan = [
      { step: 0, band: from },
      { step: 40_000, band: to },
      { step: 40_001, band: from },
      { step: 99_999, band: to },
    ]
    expect(planPoints(piecewiseBand(plan), 100_000, 128).map(({ step }) => step)).toEqual([0, 40_000, 40_001, 99_999])
  })

  it('takes the bands of all steps as well, of which the last one holds', () => {
    expect(planPoints([from], 500, 128)).toEqual([{ step: 0, band: from }])
    expect(planPoints([from, to], 500, 128)).toEqual([
      { step: 0, band: from },
      { step: 1, band: to },
    ])
    expect(planPoints([], 0, 128)).toEqual([])
  })

  it('keeps the number of points for any plan, and is near to it if the plan has few corners', () => {
    const nats = fc.double({ min: 0, max: 3, noNaN: true })
    const band = fc.tuple(nats, nats).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }))
    fc.assert(
      fc.property(fc.array(band, { minLength: 1, maxLength: 300 }), fc.integer({ min: 2, max: 64 }), (bands, most) => {
        const points = planPoints(bands, bands.length, most)
        expect(points.length).toBeLessThanOrEqual(most)
        expect(points[0]).toEqual({ step: 0, band: bands[0] })
        expect(points.at(-1)).toEqual({ step: bands.length - 1, band: bands.at(-1) })
        if (bands.length <= most) expect(distance((step) => bands[step]!, points, bands.length)).toBeLessThan(1e-6)
      }),
      { numRuns: 50 },
    )
  })
})
