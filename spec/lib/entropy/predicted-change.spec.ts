import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { predictedChange, predictedChange_B, predictedChange_BT } from '#lib/entropy/predicted-change.js'
import { entropyChange, probabilityChange, sensitivity } from '#lib/entropy/theory.js'
import { anyBatch, measuredBatch } from './batches.js'
import { anyDistribution } from './distributions.js'

const batch = measuredBatch([
  {
    advantage: 2,
    tokens: [
      { s: 0.5, expectedS: 0.25 },
      { s: -0.25, expectedS: 0.5 },
      { s: 0.25, expectedS: 0 },
    ],
  },
  { advantage: -1, tokens: [{ s: 0.5, expectedS: 0.125 }] },
  {
    advantage: 0,
    tokens: [
      { s: 0, expectedS: 1 },
      { s: 0, expectedS: 1 },
    ],
  },
])

describe('predicted change', () => {
  it('is -A (S - E[S]) at each token, 0 in the padding', () => {
    expect([...predictedChange_BT(batch)]).toEqual([-0.5, 1.5, -0.5, 0.375, 0, 0, 0, 0, 0])
  })

  it('is summed over a response', () => {
    expect([...predictedChange_B(batch)]).toEqual([0.5, 0.375, 0])
  })

  it('is a mean over the tokens that train', () => {
    expect(predictedChange(batch)).toBeCloseTo(0.875 / 6, 14)
    expect(predictedChange(batch, Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 0))).toBeCloseTo(-0.625 / 3, 14)
  })

  it('is 0 where nothing trains', () => {
    expect(predictedChange(batch, new Uint8Array(9))).toBe(0)
    expect(predictedChange(measuredBatch([]))).toBe(0)
  })

  it('is 0 in an excluded response, which does not count in the mean', () => {
    const excluding = { ...batch, advantages_B: Float32Array.of(NaN, -1, 0) }
    expect([...predictedChange_BT(excluding)]).toEqual([0, 0, 0, 0.375, 0, 0, 0, 0, 0])
    expect(predictedChange(excluding)).toBeCloseTo(0.375 / 3, 14)
    expect(predictedChange({ ...batch, advantages_B: Float32Array.of(NaN, NaN, NaN) })).toBe(0)
  })

  test.prop([anyBatch])('of the whole batch equals the full mask', (any) => {
    const full = Uint8Array.from(
      any.responses.flatMap(({ completion }) =>
        Array.from({ length: any.width }, (_, t) => Number(t < completion.tokens.length)),
      ),
    )
    expect(predictedChange(any)).toBeCloseTo(predictedChange(any, full), 12)
  })

  test.prop([anyDistribution, fc.nat(), fc.constantFrom(-2, -1, 0.5, 1)])(
    'is the closed form of the tabular softmax, per unit learning rate',
    ({ p_V }, draw, advantage) => {
      const token = draw % p_V.length
      const { s_V, expectedS } = sensitivity(p_V)
      const one = measuredBatch([{ advantage, tokens: [{ s: s_V[token]!, expectedS }] }])
      const expected = entropyChange(p_V, probabilityChange({ p_V, token, rate: advantage }))
      expect(predictedChange(one)).toBeCloseTo(expected, 6)
    },
  )
})
