import { describe, expect, it } from 'vitest'
import { estimatorSwap } from '#lib/entropy/filter/estimator-swap.js'
import { measuredBatch, stateOf } from '../batches.js'

describe('estimator-swap', () => {
  const batch = measuredBatch([
    { reward: 1, advantage: 1.5, tokens: [{}, {}] },
    { reward: -1, advantage: -0.5, tokens: [{}] },
    { reward: 1, advantage: 0, tokens: [{}] }, // in a group whose responses are all correct
  ])

  it.each([
    [-1, [0, -1, 0]],
    [0, [1.5, -0.5, 0]],
    [1, [1, 0, 1]],
  ] as const)('drift %i: new advantages, and every token stays in the mean', (drift, advantages_B) => {
    const filtered = estimatorSwap().admit(stateOf(drift), batch)
    expect([...filtered.advantages_B]).toEqual(advantages_B)
    expect(filtered.accepted_B).toEqual([true, true, true])
    expect([...filtered.mask_BT]).toEqual([1, 1, 1, 0, 1, 0])
  })

  it('does not change its input', () => {
    estimatorSwap().admit(stateOf(-1), batch)
    expect([...batch.advantages_B]).toEqual([1.5, -0.5, 0])
  })
})
