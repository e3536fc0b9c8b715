import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type BandSettings, BandSettingsCodec, scheduleOf } from '#cli/config/band-plan.js'

const a = { low: 0.6, high: 0.7 }
const b = { low: 0.4, high: 0.5 }
const pointsAt = (...steps: number[]) => ({ schedule: 'piecewise', points: steps.map((step) => ({ step, band: a })) })

describe('BandSettingsCodec', () => {
  it.each<BandSettings>([
    { schedule: 'constant', from: a },
    { schedule: 'linear', from: a, to: b },
    { schedule: 'cosine', from: a, to: b, steps: 5 },
    { schedule: 'exponential', from: a, to: b },
    {
      schedule: 'piecewise',
      points: [
        { step: 0, band: a },
        { step: 9, band: b },
      ],
    },
    { schedule: 'constant', from: 'auto' },
    { schedule: 'linear', from: 'auto', to: 'auto', steps: 5 },
    { schedule: 'cosine', from: a, to: 'auto' },
    { schedule: 'auto' },
    { schedule: 'auto', from: a, to: b, steps: 5 },
  ])('takes %j as it is', (plan) => {
    expect(BandSettingsCodec.decode(plan)).toEqual(E.right(plan))
    expect(BandSettingsCodec.is(plan)).toBe(true)
  })

  it.each([pointsAt(), pointsAt(3, 3), pointsAt(3, 2)])('refuses points whose steps do not rise: %j', (plan) => {
    expect(BandSettingsCodec.decode(plan)).toMatchObject({
      left: [{ message: expect.stringContaining('each above the one before') as string }],
    })
    expect(BandSettingsCodec.is(plan)).toBe(false)
  })

  it.each([
    [
      { schedule: 'linear', from: 'automatic', to: 'auto' },
      'found "automatic", expected a band: low and high, or auto',
    ],
    [
      { schedule: 'auto', from: { low: 2, high: 1 } },
      'found low 2 and high 1, expected finite numbers with 0 <= low <= high',
    ],
    [{ schedule: 'auto', points: [] }, 'unknown field; there are schedule, from, to, steps'],
    [{ schedule: 'piecewise', points: [{ step: 0, band: 'auto' }] }, undefined],
  ])('refuses %j', (settings, message) => {
    expect(BandSettingsCodec.decode(settings)).toMatchObject({
      left: [message === undefined ? { value: 'auto' } : { message }],
    })
    expect(BandSettingsCodec.is(settings)).toBe(false)
  })
})

describe('scheduleOf', () => {
  it('stretches a ramp over the whole run, unless the plan has steps', () => {
    expect(scheduleOf({ schedule: 'linear', from: a, to: b }, 11)(5).low).toBeCloseTo(0.5)
    expect(scheduleOf({ schedule: 'linear', from: a, to: b, steps: 5 }, 10)(4)).toEqual(b)
    expect(scheduleOf({ schedule: 'cosine', from: a, to: b }, 10)(9)).toEqual(b)
    expect(scheduleOf({ schedule: 'exponential', from: a, to: b }, 10)(9)).toEqual(b)
    expect(scheduleOf({ schedule: 'exponential', from: a, to: b }, 10)(3).low).toBeCloseTo(0.467, 3)
  })

  it('holds a constant band, and goes through points', () => {
    expect(scheduleOf({ schedule: 'constant', from: a }, 10)(7)).toEqual(a)
    const through = scheduleOf(
      {
        schedule: 'piecewise',
        points: [
          { step: 2, band: a },
          { step: 4, band: b },
        ],
      },
      10,
    )
    expect([0, 2, 4, 9].map(through)).toEqual([a, a, b, b])
  })
})
