import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { predicted } from '#lib/entropy/filter/predicted.js'
import { sign } from '#lib/entropy/filter/sign.js'
import { predictedChange } from '#lib/entropy/predicted-change.js'
import { anyBatch, anyState, measuredBatch, stateOf } from '../batches.js'

const likely = { s: 0.5, expectedS: 0 }
const unlikely = { s: -0.5, expectedS: 0 }

describe('predicted', () => {
  const batch = measuredBatch([
    { advantage: 1, tokens: [likely, likely, unlikely] }, //    dH = -0.5
    { advantage: -1, tokens: [likely] }, //                     dH = +0.5
    { advantage: -1, tokens: [unlikely, unlikely, likely] }, // dH = -0.5: A < 0 on unlikely tokens sharpens
    { advantage: 1, tokens: [likely, unlikely] }, //            dH = 0
  ])

  it.each([
    [-1, [false, true, false, true]],
    [0, [true, true, true, true]],
    [1, [true, false, true, true]],
  ] as const)('drift %i', (drift, accepted_B) => {
    expect(predicted().admit(stateOf(drift), batch).accepted_B).toEqual(accepted_B)
  })

  test.prop([anyState, anyBatch])('accepts a set that is predicted to move entropy back', (state, any) => {
    const { mask_BT } = predicted().admit(state, any)
    expect(state.drift * predictedChange(any, mask_BT)).toBeLessThanOrEqual(1e-12)
  })

  const anyLikely = fc
    .array(
      fc.record({
        advantage: fc.integer({ min: -3, max: 3 }),
        tokens: fc.array(fc.record({ s: fc.float({ min: 1, max: 2, noNaN: true }) }), { minLength: 1, maxLength: 4 }),
      }),
    )
    .map(measuredBatch)

  test.prop([anyState, anyLikely])('equals sign if every token is above its baseline', (state, any) => {
    expect(predicted().admit(state, any)).toEqual(sign().admit(state, any))
  })
})
