import { describe, expect, it } from 'vitest'
import {
  addMeasurement,
  addUpdate,
  calibratedOptions,
  type CalibratedOptions,
  type Calibration,
  gainOf,
  neededChange,
  uncalibrated,
} from '#lib/entropy/calibration.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { aMeasuredBatch, anEntropyState, someScores } from '#testing.js'

const options = calibratedOptions({ forgetting: 0.5 })

/** Measurement of one step: version of the weights, and entropy. */
interface Measured {
  readonly step: number
  readonly version: number
  readonly entropy: number
  readonly inFlight?: number
  readonly skipped?: readonly number[]
}

const measure = (before: Calibration, { step, version, entropy, inFlight = 1, skipped = [] }: Measured) => {
  const batch = aMeasuredBatch(step)
  return addMeasurement(
    before,
    anEntropyState(step, { entropy }),
    { ...batch, inFlight, skipped, scores: someScores(batch, entropy, version) },
    options,
  )
}

describe('addMeasurement', () => {
  it('measures nothing at the first batch', () => {
    const first = measure(uncalibrated, { step: 0, version: 3, entropy: 0.5 })
    expect(first).toEqual({ ...uncalibrated, entropy: 0.5, version: 3 })
  })

  it('gives the change of entropy to the update before, and forgets older changes', () => {
    let memory = measure(uncalibrated, { step: 0, version: 0, entropy: 0.5 })
    memory = measure(addUpdate(memory, 0, 2), { step: 1, version: 1, entropy: 0.75 })
    expect(memory).toMatchObject({ products: 0.5, squares: 4, changes: 1, steps: [], predicted: [] })
    memory = measure(addUpdate(memory, 1, -1), { step: 2, version: 2, entropy: 0.625 })
    expect(memory).toMatchObject({ products: 0.25 + 0.125, squares: 2 + 1, changes: 2 })
  })

  it('gives it to the update that the measured weights have, with two batches in flight', () => {
    let memory = measure(uncalibrated, { step: 0, version: 0, entropy: 0.5, inFlight: 2 })
    // Batch 1 is measured before the update of batch 0 is complete.
    memory = measure(addUpdate(memory, 0, 2), { step: 1, version: 0, entropy: 0.5, inFlight: 2 })
    expect(memory).toMatchObject({ changes: 0, steps: [0], predicted: [2] })
    memory = measure(addUpdate(memory, 1, -8), { step: 2, version: 1, entropy: 0.75, inFlight: 2 })
    expect(memory).toMatchObject({ products: 2 * 0.25, squares: 4, changes: 1, steps: [1], predicted: [-8] })
    // Both updates that are left come at once.
    memory = measure(addUpdate(memory, 2, 4), { step: 3, version: 3, entropy: 0.25, inFlight: 2 })
    expect(memory).toMatchObject({ products: 0.25 + -4 * -0.5, squares: 2 + 16, changes: 2, steps: [] })
  })

  it('measures nothing when the learner skipped an update', () => {
    let memory = measure(uncalibrated, { step: 0, version: 0, entropy: 0.5 })
    memory = measure(addUpdate(memory, 0, 2), { step: 1, version: 0, entropy: 0.75 })
    expect(memory).toMatchObject({ changes: 0, steps: [], entropy: 0.75 })
    memory = measure(addUpdate(memory, 1, 1), { step: 2, version: 1, entropy: 1 })
    expect(memory).toMatchObject({ products: 0.25, squares: 1, changes: 1 })
  })

  it('drops an update that was skipped, and gives the next change to the update after it, with two batches in flight', () => {
    let memory = measure(uncalibrated, { step: 0, version: 0, entropy: 0.5, inFlight: 2 })
    // Sampling is slower than the learner: each update is complete when the next batch is measured. That of step 1 is skipped.
    memory = measure(addUpdate(memory, 0, 2), { step: 1, version: 1, entropy: 0.75, inFlight: 2 })
    expect(memory).toMatchObject({ products: 0.5, squares: 4, steps: [] })
    memory = measure(addUpdate(memory, 1, -8), { step: 2, version: 1, entropy: 0.75, inFlight: 2 })
    expect(memory).toMatchObject({ changes: 1, steps: [1] })
    const third = { step: 3, version: 2, entropy: 0.5, inFlight: 2, skipped: [1] }
    memory = measure(addUpdate(memory, 2, 4), third)
    expect(memory).toMatchObject({ products: 0.25 + 4 * -0.25, squares: 2 + 16, changes: 2, steps: [], predicted: [] })
  })

  it('measures nothing when the weights had other updates, too', () => {
    let memory = measure(uncalibrated, { step: 0, version: 0, entropy: 0.5 })
    memory = measure(addUpdate(memory, 0, 2), { step: 1, version: 5, entropy: 0.75 })
    expect(memory).toMatchObject({ changes: 0, steps: [], version: 5 })
  })

  it('measures the last update of a run that resumes with a learner that counts its versions anew', () => {
    let memory = measure(uncalibrated, { step: 8, version: 8, entropy: 0.5 })
    memory = measure(addUpdate(memory, 8, 2), { step: 9, version: 0, entropy: 0.75 })
    expect(memory).toMatchObject({ products: 0.5, squares: 4, changes: 1, version: 0 })
  })
})

const known: Calibration = { ...uncalibrated, products: 2, squares: 4, changes: 3, version: 0 }

describe('gainOf', () => {
  it.each<[string, Partial<Calibration>, number | null]>([
    ['is the least-squares slope', {}, 0.5],
    ['is unknown before three changes', { changes: 2 }, null],
    ['is unknown if the measured changes contradict the predictions', { products: -2 }, null],
    ['is unknown if nothing was predicted', { products: 0, squares: 0 }, null],
  ])('%s', (_, fields, gain) => {
    expect(gainOf({ ...known, ...fields })).toBe(gain)
  })
})

describe('neededChange', () => {
  const band = { low: 0.4, high: 0.6 }
  const above = anEntropyState(0, { entropy: 0.7, band })
  const below = anEntropyState(0, { entropy: 0.3, band })
  const half = calibratedOptions({ rate: 0.5 })

  /** Expected distances to the target after an update in the needed range, with the gain 0.5 of `known`. */
  const nextDistances = (calibration: Calibration, state: EntropyState, target = 0.5) => {
    const { least, most } = neededChange(calibration, state, half)!
    const pending = calibration.predicted.reduce((sum, P) => sum + P, 0)
    return [least, most].map((P) => Math.round(1e9 * (state.entropy + 0.5 * (pending + P) - target)) / 1e9)
  }

  it('removes a share of the distance to the middle of the band, and goes a quarter of its width past it at most', () => {
    expect(nextDistances(known, above)).toEqual([-0.05, 0.1])
    expect(nextDistances(known, below)).toEqual([-0.1, 0.05])
  })

  it('leaves the same room on both sides at the middle of the band', () => {
    expect(nextDistances(known, { ...above, entropy: 0.5 })).toEqual([-0.05, 0.05])
  })

  it('follows the band to its next middle, too', () => {
    const falling = { ...above, nextBand: { low: 0.3, high: 0.5 } }
    expect(nextDistances(known, falling, 0.4)).toEqual([-0.05, 0.1])
  })

  it('counts the updates that are not measured yet', () => {
    const pending = addUpdate(addUpdate(known, 0, -0.3), 1, 0.1)
    expect(nextDistances(pending, above)).toEqual([-0.05, 0.05])
  })

  it('is unknown with the gain', () => {
    expect(neededChange(uncalibrated, above, calibratedOptions({}))).toBeNull()
  })
})

describe('calibratedOptions', () => {
  it.each<[CalibratedOptions, string]>([
    [{ rate: 0 }, 'rate: found 0, expected a number > 0 and <= 1'],
    [{ forgetting: 1 }, 'forgetting: found 1, expected a number >= 0 and < 1'],
    [{ prediction: 'sign' as never }, 'prediction: found "sign", expected one of s-form, covariance, sampled'],
  ])('refuse %o', (given, message) => {
    expect(() => calibratedOptions(given)).toThrow(new RangeError(message))
  })
})
