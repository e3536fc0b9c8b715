import { test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { predictedToken } from '#lib/entropy/filter/predicted-token.js'
import { predicted } from '#lib/entropy/filter/predicted.js'
import { predictedChange_BT } from '#lib/entropy/predicted-change.js'
import { anyBatch, anyState, measuredBatch, stateOf } from '../batches.js'

const likely = { s: 0.5, expectedS: 0 }
const unlikely = { s: -0.5, expectedS: 0 }

describe('predicted-token', () => {
  const batch = measuredBatch([
    { advantage: 1, tokens: [likely, unlikely, likely] },
    { advantage: 1, tokens: [likely] },
    { advantage: -1, tokens: [unlikely, likely] },
  ])

  it.each([
    [-1, [0, 1, 0, 0, 0, 0, 0, 1, 0], [true, false, true]],
    [0, [1, 1, 1, 1, 0, 0, 1, 1, 0], [true, true, true]],
    [1, [1, 0, 1, 1, 0, 0, 1, 0, 0], [true, true, true]],
  ] as const)('drift %i', (drift, mask_BT, accepted_B) => {
    const filtered = predictedToken().admit(stateOf(drift), batch)
    expect([...filtered.mask_BT]).toEqual(mask_BT)
    expect(filtered.accepted_B).toEqual(accepted_B)
  })

  test.prop([anyState, anyBatch])('predicts at least as large a change as whole responses', (state, any) => {
    const change_BT = predictedChange_BT(any)
    const push = (mask_BT: Uint8Array) =>
      change_BT.reduce((sum, change, i) => sum - state.drift * change * mask_BT[i]!, 0)
    expect(push(predictedToken().admit(state, any).mask_BT)).toBeGreaterThanOrEqual(
      push(predicted().admit(state, any).mask_BT) - 1e-12,
    )
  })
})
