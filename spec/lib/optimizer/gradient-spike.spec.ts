import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { addNorm, checkGradientSpike, type GradientSpike, spikeLimit } from '#lib/optimizer/gradient-spike.js'

const guard: GradientSpike = { action: 'skip', factor: 4, window: 3 }

describe('spikeLimit', () => {
  it.each([
    [[], Infinity],
    [[1, 2], Infinity],
    [[1, 3, 2], 8],
    [[1, 1000, 2], 8],
    [[0, 0, 7], Infinity],
  ])('after the norms %j is %d', (norms, limit) => {
    expect(spikeLimit(guard, norms)).toBe(limit)
  })

  test.prop([fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 5, maxLength: 5 }), fc.nat(4)])(
    'is not moved out of the range of the other norms by one norm, however large',
    (norms, place) => {
      const others = norms.filter((_, i) => i !== place)
      const limit = spikeLimit({ ...guard, factor: 1, window: 5 }, norms.with(place, 1e30))
      expect(limit).toBeGreaterThanOrEqual(Math.min(...others))
      expect(limit).toBeLessThanOrEqual(Math.max(...others))
    },
  )
})

describe('addNorm', () => {
  it('keeps the last norms of the window, oldest first', () => {
    const norms = [5, 6, 7, 8].reduce<readonly number[]>((before, norm) => addNorm(guard, before, norm), [])
    expect(norms).toEqual([6, 7, 8])
  })

  it('lets the limit follow gradients that stay large', () => {
    const [calm, large] = [Array.from({ length: 9 }, () => 1), Array.from({ length: 9 }, () => 100)]
    const wide = { ...guard, window: 9 }
    const limits = large.map((_, i) => spikeLimit(wide, [...calm, ...large.slice(0, i)].slice(-9)))
    expect(limits).toEqual([4, 4, 4, 4, 4, 400, 400, 400, 400])
  })
})

describe('checkGradientSpike', () => {
  it.each([
    [{ action: 'stop' as never }, 'gradientSpike.action: found "stop", expected one of skip, clip'],
    [{ factor: 0 }, 'gradientSpike.factor: found 0, expected a number > 0'],
    [{ window: 0.5 }, 'gradientSpike.window: found 0.5, expected an integer >= 1'],
  ])('refuses %j', (given, message) => {
    expect(() => checkGradientSpike(given)).toThrow(new RangeError(message))
  })
})
