import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { filters } from '#lib/entropy/filter/index.js'
import { anyBatch, anyState, stateOf } from '../batches.js'

const maskRow = (mask_BT: Uint8Array, width: number, b: number) => [...mask_BT.subarray(b * width, (b + 1) * width)]

describe.each(Object.entries(filters))('%s', (name, { create }) => {
  it('has its name, and needs the sign of the reward where it splits by it', () => {
    expect(create()).toMatchObject({ name, rewards: name === 'estimator-swap' ? 'signed' : 'any' })
  })

  test.prop([anyState, anyBatch])('never lets in what the estimator excluded', (state, batch) => {
    const excluding = { ...batch, advantages_B: batch.advantages_B.map((advantage, b) => (b % 2 ? NaN : advantage)) }
    expect(
      create()
        .admit(state, excluding)
        .accepted_B.some((accepted, b) => accepted && b % 2 === 1),
    ).toBe(false)
  })

  test.prop([anyState, anyBatch])('covers no padding, and calls accepted what trains', (state, batch) => {
    const { mask_BT, accepted_B } = create().admit(state, batch)
    expect(mask_BT).toHaveLength(batch.responses.length * batch.width)
    expect(accepted_B).toHaveLength(batch.responses.length)
    batch.responses.forEach(({ completion }, b) => {
      const row = maskRow(mask_BT, batch.width, b)
      expect(row.slice(completion.tokens.length).every((bit) => bit === 0)).toBe(true)
      expect(accepted_B[b]).toBe(row.includes(1))
    })
  })

  test.prop([anyBatch])('lets everything in, unchanged, inside the band', (batch) => {
    const filtered = create().admit(stateOf(0), batch)
    expect(filtered.accepted_B.every(Boolean)).toBe(true)
    expect(filtered.advantages_B).toEqual(batch.advantages_B)
    expect(filtered.mask_BT.filter(Boolean)).toHaveLength(
      batch.responses.reduce((sum, { completion }) => sum + completion.tokens.length, 0),
    )
  })

  test.prop([anyState, anyBatch])('passes on the state and everything of the batch', (state, batch) => {
    const filtered = create().admit(state, batch)
    expect(filtered.state).toBe(state)
    expect({ ...filtered, advantages_B: batch.advantages_B }).toMatchObject(batch)
  })
})

describe.each([
  ['sign', filters.sign],
  ['predicted', filters.predicted],
])('%s', (_, { create }) => {
  test.prop([anyState, anyBatch])('drops whole responses and never changes a surviving one', (state, batch) => {
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
  test.prop([anyState, anyBatch])('twice is once', (state, batch) => {
    const once = create().admit(state, batch)
    expect(create().admit(state, once)).toEqual(once)
  })

  test.prop([anyBatch, fc.constantFrom<-1 | 1>(-1, 1)])('always lets A = 0 in', (batch, m) => {
    const idle = { ...batch, advantages_B: new Float32Array(batch.responses.length) }
    expect(create().admit(stateOf(m), idle).accepted_B.every(Boolean)).toBe(true)
  })
})
