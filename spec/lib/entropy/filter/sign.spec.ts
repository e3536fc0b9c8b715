import { test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { sign } from '#lib/entropy/filter/sign.js'
import { anyBatch, anyState, measuredBatch, stateOf } from '../batches.js'

describe('sign', () => {
  const batch = measuredBatch([1.5, -0.5, 0, -0, 2].map((advantage) => ({ advantage, tokens: [{}, {}] })))

  it.each([
    [-1, [false, true, true, true, false]],
    [0, [true, true, true, true, true]],
    [1, [true, false, true, true, true]],
  ] as const)('drift %i', (drift, accepted_B) => {
    expect(sign().admit(stateOf(drift), batch).accepted_B).toEqual(accepted_B)
  })

  it('accepts no response if every advantage has the wrong sign', () => {
    const positive = measuredBatch([
      { advantage: 1, tokens: [{}] },
      { advantage: 2, tokens: [{}] },
    ])
    const { accepted_B, mask_BT } = sign().admit(stateOf(-1), positive)
    expect(accepted_B).toEqual([false, false])
    expect([...mask_BT]).toEqual([0, 0])
  })

  test.prop([anyState, anyBatch])('accepts where m A >= 0', (state, any) => {
    expect(sign().admit(state, any).accepted_B).toEqual(
      [...any.advantages_B].map((advantage) => state.drift * advantage >= 0),
    )
  })
})
