import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { calibratedOptions, neededChange, uncalibrated } from '#lib/entropy/calibration.js'
import { calibratedWeights } from '#lib/entropy/controller/calibrated-weights.js'
import { predictedChange_B } from '#lib/entropy/predicted-change.js'
import { sum } from '#lib/statistics.js'
import { anEntropyState } from '#testing.js'
import { measuredBatch } from '../batches.js'

const anyBatch = fc
  .array(
    fc.record({
      advantage: fc.double({ min: -3, max: 3, noNaN: true }),
      tokens: fc.array(
        fc.record({
          entropy: fc.double({ min: 0, max: 3, noNaN: true }),
          logprob: fc.double({ min: -4, max: 0, noNaN: true }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map(measuredBatch)
const anyState = fc.double({ min: 0, max: 1, noNaN: true }).map((entropy) => anEntropyState(0, { entropy }))
const anyGain = fc
  .double({ min: 0.01, max: 10, noNaN: true })
  .map((products) => ({ ...uncalibrated, products, squares: 1, changes: 5 }))

describe('calibratedWeights', () => {
  test.prop([anyState, anyBatch, anyGain])(
    'gives both kinds of advantages 1 + alpha and 1 - alpha, with the smallest alpha that the needed change allows',
    (state, batch, memory) => {
      const { least, most } = neededChange(memory, state, calibratedOptions({}))!
      const { advantages_B } = calibratedWeights().control(state, batch, memory)
      const change_B = predictedChange_B(batch, 'covariance')
      const tokens = sum(batch.responses.map(({ completion }) => completion.tokens.length))
      const unweighed = sum([...change_B]) / tokens
      const direction = unweighed < least ? 1 : unweighed > most ? -1 : 0
      if (direction === 0) expect(advantages_B).toEqual(batch.advantages_B)
      if (direction === 0) return
      const needed = direction > 0 ? least : most
      // Advantages are 32-bit numbers, so that a very small one has no exact quotient.
      const alphas = [...change_B.keys()]
        .filter((b) => Math.abs(batch.advantages_B[b]!) > 1e-6 && change_B[b] !== 0)
        .map((b) => (advantages_B![b]! / batch.advantages_B[b]! - 1) * Math.sign(direction * change_B[b]!))
      const [alpha] = alphas
      if (alpha === undefined) return
      for (const other of alphas) expect(other).toBeCloseTo(alpha, 4)
      expect(alpha).toBeGreaterThanOrEqual(0)
      expect(alpha).toBeLessThanOrEqual(1.0001)
      const P = sum(change_B.map((change) => (1 + alpha * Math.sign(direction * change)) * change)) / tokens
      if (alpha < 0.9999) expect(direction * (P - needed)).toBeGreaterThanOrEqual(-1e-3)
      if (alpha > 0.0001) expect(direction * (P - needed)).toBeLessThanOrEqual(1e-3)
    },
  )

  test.prop([anyBatch])('removes the unwanted advantages outside the band while the gain is unknown', (batch) => {
    const below = anEntropyState(0, { entropy: 0.1, drift: -1 })
    const { advantages_B } = calibratedWeights().control(below, batch, uncalibrated)
    const change_B = predictedChange_B({ ...batch, advantages_B: advantages_B! }, 'covariance')
    expect(change_B.every((change) => change >= -1e-9)).toBe(true)
  })

  test.prop([anyBatch])('changes nothing inside the band while the gain is unknown', (batch) => {
    const { advantages_B } = calibratedWeights().control(anEntropyState(), batch, uncalibrated)
    expect(advantages_B).toEqual(batch.advantages_B)
  })
})
