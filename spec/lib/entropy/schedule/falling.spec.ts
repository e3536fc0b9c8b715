import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { fallingBand, fallingBands } from '#lib/entropy/schedule/falling.js'

const anyEntropy = fc.double({ min: 1e-6, max: 12, noNaN: true })
const middleOf = ({ low, high }: { readonly low: number; readonly high: number }) => (low + high) / 2

describe('fallingBand', () => {
  it('goes from a band around the entropy to an equally wide one around a third of it', () => {
    const at = fallingBand({ entropy: 1.65, steps: 11 })
    const [first, half, last] = [at(0), at(5), at(10)]
    expect(first.low).toBeCloseTo(1.5, 14)
    expect(first.high).toBeCloseTo(1.8, 14)
    expect(half.low).toBeCloseTo(0.95, 14)
    expect(half.high).toBeCloseTo(1.25, 14)
    expect(last.low).toBeCloseTo(0.4, 14)
    expect(last.high).toBeCloseTo(0.7, 14)
    expect(at(99)).toEqual(last)
  })

  it('begins with the default band of the bundled model at its entropy', () => {
    const { from } = fallingBands(0.55)
    expect(from.low).toBeCloseTo(0.5, 14)
    expect(from.high).toBeCloseTo(0.6, 14)
  })

  test.prop([anyEntropy, fc.integer({ min: 2, max: 500 }), fc.nat(600)])(
    'has low <= high, no bound below 0, and none above the first band',
    (entropy, steps, step) => {
      const { low, high } = fallingBand({ entropy, steps })(step)
      expect(low).toBeGreaterThan(0)
      expect(low).toBeLessThanOrEqual(high)
      expect(high).toBeLessThanOrEqual(entropy * (12 / 11) * (1 + 1e-12))
    },
  )

  test.prop([anyEntropy, fc.integer({ min: 2, max: 500 })])(
    'has the entropy in the middle of its first band and a third of it in the middle of its last',
    (entropy, steps) => {
      const at = fallingBand({ entropy, steps })
      expect(middleOf(at(0)) / entropy).toBeCloseTo(1, 10)
      expect(middleOf(at(steps - 1)) / entropy).toBeCloseTo(1 / 3, 10)
    },
  )

  test.prop([anyEntropy, fc.integer({ min: 2, max: 500 }), fc.nat(600), fc.double({ min: 0.1, max: 10, noNaN: true })])(
    'scales with the entropy',
    (entropy, steps, step, factor) => {
      const [one, other] = [entropy, factor * entropy].map((each) => fallingBand({ entropy: each, steps })(step))
      for (const bound of ['low', 'high'] as const)
        expect(other![bound] / (factor * entropy)).toBeCloseTo(one![bound] / entropy, 10)
    },
  )

  it.each([0, -1, NaN, Infinity])('rejects an entropy of %f', (entropy) => {
    expect(() => fallingBand({ entropy, steps: 10 })).toThrow(
      new RangeError(`fallingBands: entropy: found ${entropy}, expected a number > 0`),
    )
  })

  it('rejects 0 steps', () => {
    expect(() => fallingBand({ entropy: 1, steps: 0 })).toThrow(RangeError)
  })
})
