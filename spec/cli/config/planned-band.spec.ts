import { describe, expect, it } from 'vitest'
import type { BandPlan, BandSettings } from '#cli/config/band-plan.js'
import { describePlan, givenPlan, measuredPlan } from '#cli/config/planned-band.js'

const a = { low: 0.5, high: 0.6 }
const b = { low: 0.3, high: 0.4 }
/** Bands of a model with an entropy of 2.031 nats, of three significant digits. */
const first = { low: 1.85, high: 2.22 }
const last = { low: 0.492, high: 0.862 }
const points: BandPlan = { schedule: 'piecewise', points: [{ step: 0, band: a }] }

describe('givenPlan', () => {
  it.each<BandPlan>([
    { schedule: 'constant', from: a },
    { schedule: 'linear', from: a, to: b },
    { schedule: 'cosine', from: a, to: b, steps: 5 },
    points,
  ])('is %j if every band is given', (plan) => {
    expect(givenPlan(plan)).toEqual(plan)
  })

  it('is linear if schedule auto has both bands', () => {
    expect(givenPlan({ schedule: 'auto', from: a, to: b })).toEqual({ schedule: 'linear', from: a, to: b })
  })

  it.each<BandSettings>([
    { schedule: 'auto' },
    { schedule: 'auto', from: a },
    { schedule: 'auto', to: b },
    { schedule: 'constant', from: 'auto' },
    { schedule: 'linear', from: 'auto', to: b },
    { schedule: 'cosine', from: a, to: 'auto' },
  ])('is null for %j, whose entropy is measured', (settings) => {
    expect(givenPlan(settings)).toBeNull()
  })
})

describe('measuredPlan', () => {
  it.each<[BandSettings, BandPlan]>([
    [{ schedule: 'auto' }, { schedule: 'linear', from: first, to: last }],
    [
      { schedule: 'auto', steps: 7 },
      { schedule: 'linear', from: first, to: last, steps: 7 },
    ],
    [
      { schedule: 'auto', to: b },
      { schedule: 'linear', from: first, to: b },
    ],
    [
      { schedule: 'constant', from: 'auto' },
      { schedule: 'constant', from: first },
    ],
    [
      { schedule: 'cosine', from: 'auto', to: 'auto', steps: 7 },
      { schedule: 'cosine', from: first, to: last, steps: 7 },
    ],
    [
      { schedule: 'linear', from: a, to: 'auto' },
      { schedule: 'linear', from: a, to: last },
    ],
    [points, points],
  ])('of %j is %j', (settings, plan) => {
    expect(measuredPlan(settings, 2.031)).toEqual(plan)
  })
})

describe('describePlan', () => {
  it.each<[string, BandPlan]>([
    ['the band falls from 1.85-2.22 to 0.492-0.862', { schedule: 'linear', from: first, to: last }],
    ['the band rises from 0.3-0.4 to 1.85-2.22', { schedule: 'cosine', from: b, to: first }],
    ['the band stays at 0.5-0.6', { schedule: 'constant', from: a }],
    ['the band has 1 point', points],
  ])('says: %s', (text, plan) => {
    expect(describePlan(plan)).toBe(text)
  })
})
