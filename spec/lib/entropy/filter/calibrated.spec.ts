import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { FilteredBatchCodec } from '#lib/codec/value/batch.js'
import { type Calibration, calibratedOptions, neededChange, uncalibrated } from '#lib/entropy/calibration.js'
import { calibratedToken } from '#lib/entropy/filter/calibrated-token.js'
import { calibrated } from '#lib/entropy/filter/calibrated.js'
import { predictedChange_BT } from '#lib/entropy/predicted-change.js'
import type { FilteredBatch, MeasuredBatch } from '#lib/rollout/batch.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { anEntropyState } from '#testing.js'
import { measuredBatch } from '../batches.js'

const number = fc.double({ min: -3, max: 3, noNaN: true })
const token = fc.record({
  entropy: fc.double({ min: 0, max: 3, noNaN: true }),
  logprob: fc.double({ min: -4, max: 0, noNaN: true }),
  s: number,
  expectedS: number,
})
const anyBatch = fc
  .array(
    fc.record({
      advantage: fc.oneof({ weight: 1, arbitrary: fc.constant(NaN) }, { weight: 8, arbitrary: number }),
      tokens: fc.array(token, { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map(measuredBatch)

/** Entropies on both sides of the target, near and far. */
const anyState = fc
  .double({ min: 0, max: 1, noNaN: true })
  .map((entropy) => anEntropyState(0, { entropy, band: { low: 0.4, high: 0.6 } }))
/** Memory with this gain, before the first batch. */
const withGain = (gain: number): Calibration => ({ ...uncalibrated, products: gain, squares: 1, changes: 5 })
const anyGain = fc.double({ min: 0.01, max: 10, noNaN: true }).map(withGain)
const options = calibratedOptions({})

/** Units of a batch: their predicted change, their number of tokens, and whether they train. */
interface Unit {
  readonly change: number
  readonly tokens: number
  readonly trains: boolean
}

const isExcluded = ({ advantages_B }: MeasuredBatch, b: number) => Number.isNaN(advantages_B[b])

const responsesOf = (batch: FilteredBatch, change_BT: Float64Array): readonly Unit[] =>
  batch.responses
    .map(({ completion }, b) => ({
      change: change_BT
        .subarray(b * batch.width, b * batch.width + completion.tokens.length)
        .reduce((x, y) => x + y, 0),
      tokens: completion.tokens.length,
      trains: batch.accepted_B[b]!,
    }))
    .filter((_, b) => !isExcluded(batch, b))

const tokensOf = (batch: FilteredBatch, change_BT: Float64Array): readonly Unit[] =>
  batch.responses.flatMap(({ completion }, b) =>
    isExcluded(batch, b)
      ? []
      : Array.from(completion.tokens, (_, t) => {
          const place = b * batch.width + t
          return { change: change_BT[place]!, tokens: 1, trains: batch.mask_BT[place] === 1 }
        }),
  )

/** Sum of (dH - bound tokens): it has the sign of P - bound. */
const excess = (units: readonly Unit[], bound: number) =>
  units.reduce((sum, { change, tokens }) => sum + change - bound * tokens, 0)

describe.each([
  { name: 'calibrated', create: calibrated, unitsOf: responsesOf },
  { name: 'calibrated-token', create: calibratedToken, unitsOf: tokensOf },
])('$name', ({ create, unitsOf }) => {
  const filterWith = (state: EntropyState, batch: MeasuredBatch, memory: Calibration) => {
    const filtered = create().admit(state, batch, memory)
    const units = unitsOf(filtered, predictedChange_BT(batch, 'covariance'))
    const range = neededChange({ ...memory, entropy: state.entropy, version: 0 }, state, options)
    // Direction from the whole batch to the needed range, and the bound of the range on that side.
    const direction = range === null ? 0 : excess(units, range.least) < 0 ? 1 : excess(units, range.most) > 0 ? -1 : 0
    return {
      filtered,
      kept: units.filter(({ trains }) => trains),
      rejected: units.filter(({ trains }) => !trains),
      direction,
      needed: direction > 0 ? range!.least : direction < 0 ? range!.most : 0,
    }
  }

  test.prop([anyState, anyBatch, anyGain])(
    'rejects until the predicted change is in the needed range',
    (state, batch, memory) => {
      const { kept, direction, needed } = filterWith(state, batch, memory)
      if (direction * excess(kept, needed) < -1e-9)
        expect(kept.filter(({ change }) => direction * change <= 0)).toEqual([])
    },
  )

  test.prop([anyState, anyBatch, anyGain])('never rejects more than is needed', (state, batch, memory) => {
    const { kept, rejected, direction, needed } = filterWith(state, batch, memory)
    if (direction === 0) expect(rejected).toEqual([])
    expect(rejected.every(({ change }) => direction * change <= 0)).toBe(true)
    const last = rejected.toSorted((a, b) => direction * (b.change - a.change))[0]
    // Several can have the change of the last one that was rejected.
    const ties = rejected.filter(({ change }) => change === last?.change)
    if (last !== undefined) expect(ties.some((tie) => direction * excess([...kept, tie], needed) < 1e-9)).toBe(true)
    // Whatever trains moves entropy less in the unwanted direction than everything that does not.
    for (const { change } of kept) if (last) expect(direction * change).toBeGreaterThanOrEqual(direction * last.change)
  })

  it('rejects what has no gradient before it gives up', () => {
    const half = { logprob: -0.5, entropy: 1 }
    // One response moves entropy down by less than is needed, and two do nothing.
    const batch = measuredBatch([1, 0, 0].map((advantage) => ({ advantage, tokens: [half] })))
    const { accepted_B, memory } = create().admit(anEntropyState(0, { entropy: 2 }), batch, withGain(1))
    expect(accepted_B).toEqual([true, false, false])
    expect(memory).toMatchObject({ predicted: [-0.5] })
  })

  it.each([
    { quarters: 0.9, advantage: 1, accepted: [true, true] },
    { quarters: 1.1, advantage: 1, accepted: [false, false] },
    { quarters: 0.9, advantage: -1, accepted: [true, true] },
    { quarters: 1.1, advantage: -1, accepted: [false, false] },
  ])(
    'at the target it accepts everything, unless the update would go farther than a quarter of the band: %o',
    ({ quarters, advantage, accepted }) => {
      // Each response would move the entropy by so many quarters of the band, up or down.
      const batch = measuredBatch([1, 1].map(() => ({ advantage, tokens: [{ logprob: -2, entropy: 1 }] })))
      const atTarget = anEntropyState(0, { entropy: 0.5, band: { low: 0.4, high: 0.6 } })
      expect(create().admit(atTarget, batch, withGain(quarters * 0.05)).accepted_B).toEqual(accepted)
    },
  )

  it('rejects what would go too far past the target', () => {
    const up = { logprob: -2, entropy: 1 }
    // Entropy is a little too low, and each response would move it by +1.
    const batch = measuredBatch([1, 1].map((advantage) => ({ advantage, tokens: [up] })))
    const near = anEntropyState(0, { entropy: 0.45, band: { low: 0.4, high: 0.6 } })
    expect(create().admit(near, batch, withGain(1)).accepted_B).toEqual([false, false])
    expect(create().admit(near, batch, withGain(0.05)).accepted_B).toEqual([true, true])
  })

  test.prop([anyState, anyBatch])('accepts everything inside the band while the gain is unknown', (state, batch) => {
    const { rejected } = filterWith({ ...state, drift: 0 }, batch, uncalibrated)
    expect(rejected).toEqual([])
  })

  test.prop([anyState, anyBatch, anyGain])('decides the same from the log', (state, batch, memory) => {
    const first = create().admit(state, batch, memory)
    const later = { ...batch, step: 1, scores: { ...batch.scores, version: 1 } }
    const second = create().admit({ ...state, step: 1, entropy: 0.45 }, later, first.memory as Calibration)
    const logged = (filtered: FilteredBatch) => {
      const decoded = FilteredBatchCodec.decode(JSON.parse(JSON.stringify(FilteredBatchCodec.encode(filtered))))
      if (E.isLeft(decoded)) throw new Error('the log cannot be read')
      return decoded.right
    }
    const { state: read, mask_BT, accepted_B, ...measured } = logged(second)
    const again = create().admit(read, measured, logged(first).memory as Calibration)
    expect(again.mask_BT).toEqual(mask_BT)
    expect(again.accepted_B).toEqual(accepted_B)
    expect(again.memory).toEqual(second.memory)
  })

  test.prop([anyState, anyBatch, anyGain])(
    'reads only log-probs with the prediction sampled',
    (state, batch, memory) => {
      const { version, logprobs_BT } = batch.scores
      const entropy_BT = new Float32Array(logprobs_BT.length).fill(NaN)
      const scores = { version, method: 'sampled', logprobs_BT, entropy_BT } as const
      const filter = create({ prediction: 'sampled' })
      const { mask_BT, memory: after } = filter.admit(state, { ...batch, scores }, memory)
      expect(mask_BT).toEqual(filter.admit(state, batch, memory).mask_BT)
      expect(Object.values(after!).flat().every(Number.isFinite)).toBe(true)
    },
  )

  it('keeps its memory over a batch without responses', () => {
    const memory = { ...withGain(0.5), steps: [0], predicted: [0.25] }
    const { memory: after, accepted_B } = create().admit(anEntropyState(1, { entropy: NaN }), measuredBatch([]), memory)
    expect(after).toEqual(memory)
    expect(accepted_B).toEqual([])
  })

  it('expects no update where it accepts nothing', () => {
    // Entropy is far below the target, and every token moves it further down.
    const batch = measuredBatch([{ advantage: 1, tokens: [{ logprob: -0.1, entropy: 1 }] }])
    const { memory, accepted_B } = create().admit(anEntropyState(0, { entropy: 0.1 }), batch, withGain(1))
    expect(accepted_B).toEqual([false])
    expect(memory).toMatchObject({ steps: [], predicted: [] })
  })
})
