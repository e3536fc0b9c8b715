import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Schedule } from '#lib/entropy/band.js'
import type { Band } from '#lib/rollout/band.js'
import { cosineBand } from '#lib/entropy/schedule/cosine.js'
import { exponentialBand } from '#lib/entropy/schedule/exponential.js'
import { linearBand } from '#lib/entropy/schedule/linear.js'
import { piecewiseBand } from '#lib/entropy/schedule/piecewise.js'
import type { Ramp } from '#lib/entropy/schedule/ramp.js'

const anyBand = fc
  .tuple(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true }))
  .map(([a, b]): Band => ({ low: Math.min(a, b), high: Math.max(a, b) }))
const anyRamp = fc.record({ from: anyBand, to: anyBand, steps: fc.integer({ min: 1, max: 500 }) })
const rounding = 1e-14

const ramps: readonly [string, (ramp: Ramp) => Schedule][] = [
  ['linear', linearBand],
  ['cosine', cosineBand],
  ['exponential', exponentialBand],
  [
    'piecewise',
    ({ from, to, steps }) =>
      piecewiseBand([
        { step: 0, band: from },
        { step: Math.max(1, steps - 1), band: to },
      ]),
  ],
]

describe.each(ramps)('%s', (name, schedule) => {
  test.prop([anyRamp])('is exactly the first band until step 0 and the last band from the last step', (ramp) => {
    const at = schedule(ramp)
    expect(at(-1)).toEqual(ramp.from)
    if (ramp.steps > 1) expect(at(0)).toEqual(ramp.from)
    const last = Math.max(1, ramp.steps - 1)
    expect([at(last), at(last + 1), at(1e9)]).toEqual([ramp.to, ramp.to, ramp.to])
  })

  test.prop([anyRamp, fc.nat(600)])('stays between its end bands, with low <= high', (ramp, step) => {
    const band = schedule(ramp)(step)
    expect(band.low).toBeLessThanOrEqual(band.high)
    for (const bound of ['low', 'high'] as const) {
      const [least, most] = [Math.min(ramp.from[bound], ramp.to[bound]), Math.max(ramp.from[bound], ramp.to[bound])]
      expect(band[bound]).toBeGreaterThanOrEqual(least - rounding)
      expect(band[bound]).toBeLessThanOrEqual(most + rounding)
    }
  })

  test.prop([anyRamp, fc.nat(600), fc.nat(600)])('moves in one direction', (ramp, a, b) => {
    const [earlier, later] = [schedule(ramp)(Math.min(a, b)), schedule(ramp)(Math.max(a, b))]
    for (const bound of ['low', 'high'] as const) {
      const direction = Math.sign(ramp.to[bound] - ramp.from[bound])
      expect(direction * (later[bound] - earlier[bound])).toBeGreaterThanOrEqual(-rounding)
    }
  })

  it('rejects a band with low > high or a number that is not finite, and names it', () => {
    const good = { low: 0.1, high: 0.2 }
    expect(() => schedule({ from: { low: 0.7, high: 0.6 }, to: good, steps: 10 })).toThrow(
      new RegExp(`^${name}.*: found low 0.7 and high 0.6, expected`),
    )
    expect(() => schedule({ from: good, to: { low: 0.1, high: NaN }, steps: 10 })).toThrow(RangeError)
  })
})

describe.each(ramps.slice(0, 3))('%s', (name, schedule) => {
  test.prop([anyRamp])('is at its end at the last step of a run of as many steps, and not before', (ramp) => {
    const at = schedule(ramp)
    expect(at(ramp.steps - 1)).toEqual(ramp.to)
    const isFar = Math.abs(ramp.from.low - ramp.to.low) > 0.01
    if (ramp.steps > 2 && isFar) expect(at(ramp.steps - 2).low).not.toBeCloseTo(ramp.to.low, 9)
  })

  it('is at its end in a run of one step', () => {
    const [from, to] = [
      { low: 0.5, high: 0.6 },
      { low: 0.1, high: 0.2 },
    ]
    for (const steps of [1, 0.5]) expect(schedule({ from, to, steps })(0)).toEqual(to)
  })

  it.each([0, -1, NaN, Infinity])('rejects %f steps', (steps) => {
    const band = { low: 0.1, high: 0.2 }
    expect(() => schedule({ from: band, to: band, steps })).toThrow(
      new RangeError(`${name}.steps: found ${steps}, expected a finite number > 0`),
    )
  })
})
