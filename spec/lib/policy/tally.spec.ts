import { describe, expect, it } from 'vitest'
import { lossOutputs } from '#lib/objective/loss.js'
import { addTo, emptyTally, reportOf } from '#lib/policy/tally.js'

const outputs = (values: Readonly<Record<(typeof lossOutputs)[number], number>>) =>
  Object.fromEntries(lossOutputs.map((name) => [name, { shape: [], data: Float32Array.of(values[name]) }]))

describe('tally', () => {
  it('reports means over minibatches or trained tokens, and the range of the ratio', () => {
    const tally = emptyTally()
    // The first minibatch has two micro-batches, of 6 and 2 tokens; the second has one, of 8.
    addTo(tally, outputs({ loss: 0.5, clippedLow: 2, clippedHigh: 1, kl: 0.5, maxRatio: 1.5, negatedMinRatio: -0.75 }))
    addTo(
      tally,
      outputs({ loss: 0.25, clippedLow: 0, clippedHigh: 0, kl: 0.25, maxRatio: 1.25, negatedMinRatio: -0.5 }),
    )
    tally.norms.push(3)
    addTo(tally, outputs({ loss: -0.25, clippedLow: 0, clippedHigh: 1, kl: 0.25, maxRatio: 2, negatedMinRatio: -1 }))
    tally.tokens = 16
    tally.marked = 2
    tally.norms.push(1)
    expect(reportOf(tally, 7, 1e-3)).toEqual({
      status: 'updated',
      version: 7,
      optimizerSteps: 2,
      learningRate: 1e-3,
      loss: 0.25,
      gradientNorm: 2,
      clipFraction: 0.25,
      clipFractionLow: 0.125,
      clipFractionHigh: 0.125,
      markedFraction: 0.125,
      kl: 1 / 16,
      ratio: { min: 0.5, max: 2 },
    })
  })
})
