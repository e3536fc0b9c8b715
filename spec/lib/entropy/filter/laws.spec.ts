import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { filters } from '#lib/entropy/filter/index.js'
import { anyBatch, anyState, stateOf } from '../batches.js'

const maskRow = (mask_BT: Uint8Array, width: number, b: number) => [...mask_BT.subarray(b * width, (b + 1) * width)]

describe.each(Object.entries(filters))('%s', (name, { create }) => {
  it('has its registry name, and needs a signed reward only if it reads the sign', () => {
    expect(create()).toMatchObject({ name, rewards: name === 'estimator-swap' ? 'signed' : 'any' })
  })

  test.prop([anyState, anyBatch])('never accepts a response that the estimator excluded', (state, batch) => {
    const excluding = { ...batch, advantages_B: batch.advantages_B.map((advantage, b) => (b % 2 ? NaN : advantage)) }
    expect(
      create()
        .admit(state, excluding)
        .accepted_B.some((accepted, b) => accepted && b % 2 === 1),
    ).toBe(false)
  })

  test.prop([anyState, anyBatch])(
    'does not mask the padding, and accepts exactly the responses that train',
    (state, batch) => {
      const { mask_BT, accepted_B } = create().admit(state, batch)
      expect(mask_BT).toHaveLength(batch.responses.length * batch.width)
      expect(accepted_B).toHaveLength(batch.responses.length)
      batch.responses.forEach(({ completion }, b) => {
        const row = maskRow(mask_BT, batch.width, b)
        expect(row.slice(completion.tokens.length).every((bit) => bit === 0)).toBe(true)
        expect(accepted_B[b]).toBe(row.includes(1))
      })
    },
  )

  test.prop([anyBatch])('accepts everything, unchanged, inside the band', (batch) => {
    const filtered = create().admit(stateOf(0), batch)
    expect(filtered.accepted_B.every(Boolean)).toBe(true)
    expect(filtered.advantages_B).toEqual(batch.advantages_B)
    expect(filtered.mask_BT.filter(Boolean)).toHaveLength(
      batch.responses.reduce((sum, { completion }) => sum + completion.tokens.length, 0),
    )
  })

  test.prop([anyState, anyBatch])('keeps the state and all fields of the batch', (state, batch) => {
    const filtered = create().admit(state, batch)
    expect(filtered.state).toBe(state)
    expect({ ...filtered, advantages_B: batch.advantages_B }).toMatchObject(batch)
  })
})

describe.each([
  ['sign', filters.sign],
  ['predicted', filters.predicted],
])('%s', (_, { create }) => {
  test.prop([anyState, anyBatch])('rejects whole responses and never changes an accepted one', (state, batch) => {
    const filtered = create().admit(state, batch)
    expect(filtered.advantages_B).toBe(batch.advantages_B)
    batch.responses.forEach(({ completion }, b) => {
      const trained = maskRow(filtered.mask_BT, batch.width, b).filter(Boolean).length
      expect(trained).toBe(filtered.accepted_B[b] ? completion.tokens.length : 0)
    })
  })
})

describe.each([
  ['sign', filters.sign],
  ['predicted', filters.predicted],
  ['predicted-token', filters['predicted-token']],
])('%s', (_, { create }) => {
  test.prop([anyState, anyBatch])('gives the same result when applied twice', (state, batch) => {
    const once = create().admit(state, batch)
    expect(create().admit(state, once)).toEqual(once)
  })

  test.prop([anyBatch, fc.constantFrom<-1 | 1>(-1, 1)])('always accepts A = 0', (batch, m) => {
    const idle = { ...batch, advantages_B: new Float32Array(batch.responses.length) }
    expect(create().admit(stateOf(m), idle).accepted_B.every(Boolean)).toBe(true)
  })
})
