import { describe, expect, it } from 'vitest'
import { batchOf } from '#lib/batch/batch-of.js'
import { aCompletion, aFailure, anAdvantagedGroup, aPrompt, aReward } from '#testing.js'

describe('batchOf', () => {
  const mixed = anAdvantagedGroup([1, null, -1], { step: 3, index: 0, groups: 3 })
  const equal = anAdvantagedGroup([1, 1], { step: 3, index: 1, groups: 3 })
  const failed = anAdvantagedGroup([null, null], { step: 3, index: 2, groups: 3 })
  const batch = batchOf([mixed, equal, failed])

  it('lists the completions with a verdict in the order of groups and completions', () => {
    expect(batch.step).toBe(3)
    const prompts = [aPrompt('p0'), aPrompt('p1')]
    expect(batch.responses).toEqual([
      { prompt: prompts[0], completion: aCompletion(1), reward: aReward(1), group: 0 },
      { prompt: prompts[0], completion: aCompletion(3), reward: aReward(-1), group: 0 },
      { prompt: prompts[1], completion: aCompletion(1), reward: aReward(1), group: 1 },
      { prompt: prompts[1], completion: aCompletion(2), reward: aReward(1), group: 1 },
    ])
  })

  it('aligns the advantages with the responses', () => {
    expect(batch.advantages_B).toEqual(Float32Array.of(1, -1, 1, 1))
  })

  it('is as wide as the longest completion with a verdict', () => {
    expect(batch.width).toBe(3)
    expect(batchOf([anAdvantagedGroup([1, null])]).width).toBe(1)
  })

  it('counts completions without a verdict, and degenerate groups', () => {
    expect(batch.failures).toEqual([aFailure(), aFailure(), aFailure()])
    expect(batch.zeroVarianceGroups).toBe(2)
  })

  it('counts all groups, those without a verdict, and those that are stale', () => {
    const stale = { ...anAdvantagedGroup([], { step: 3, index: 3, groups: 4 }), stale: true as const }
    expect(batchOf([mixed, equal, failed, stale])).toMatchObject({ groups: 4, failedGroups: 1, staleGroups: 1 })
    expect(batch).not.toHaveProperty('staleGroups')
    expect(batchOf([mixed])).not.toHaveProperty('failedGroups')
  })

  it('may have no responses', () => {
    expect(batchOf([failed])).toMatchObject({ responses: [], width: 0, advantages_B: new Float32Array(0) })
  })
})
