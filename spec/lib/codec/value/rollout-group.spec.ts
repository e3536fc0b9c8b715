import { describe, expect, it } from 'vitest'
import { AdvantagedGroupCodec, RewardedGroupCodec, RolloutGroupCodec } from '#lib/codec/value/rollout-group.js'
import { aCompletion, aGroup, anAdvantagedGroup, aRewardedGroup } from '#testing.js'
import { anyAdvantagedGroup, anyGroup, anyRewardedGroup } from './arbitraries.js'
import { complaints, keepsTheCodecLaws, throughJson } from './laws.js'

const torn = throughJson({ ...aCompletion(), tokens: [1, 2], logprobs_T: [-1] })

describe('RolloutGroupCodec', () => {
  keepsTheCodecLaws(RolloutGroupCodec, anyGroup)

  it.each([
    [{ step: -1 }, 'step: found -1, expected non-negative integer'],
    [{ groups: 'one' }, 'groups: found "one", expected non-negative integer'],
    [{ index: 0.5 }, 'index: found 0.5, expected non-negative integer'],
    [{ prompt: null }, 'prompt: found null, expected Prompt'],
    [{ completions: [torn] }, 'completions.0.logprobs_T: found 1, expected 2, one per token'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(RolloutGroupCodec, aGroup(), but)).toEqual([message])
  })
})

describe('RewardedGroupCodec', () => {
  keepsTheCodecLaws(RewardedGroupCodec, anyRewardedGroup)

  it.each([
    [{ rewards_G: [] }, 'rewards_G: found 0, expected 2, one per completion'],
    [{ rewards_G: undefined }, /^rewards_G: found nothing, expected/],
    [{ rewards_G: [{ _tag: 'Right', right: { value: '1' } }] }, /^rewards_G\.0\.right\.value: found "1", expected/],
    [{ completions: [torn] }, 'completions.0.logprobs_T: found 1, expected 2, one per token'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(RewardedGroupCodec, aRewardedGroup(), but)[0]).toMatch(message)
  })

  it('is written without the fields of later stages', () => {
    expect(RewardedGroupCodec.encode(anAdvantagedGroup())).toEqual(RewardedGroupCodec.encode(aRewardedGroup()))
  })
})

describe('AdvantagedGroupCodec', () => {
  keepsTheCodecLaws(AdvantagedGroupCodec, anyAdvantagedGroup)

  it('writes the advantage of a failure, which is NaN', () => {
    expect(AdvantagedGroupCodec.encode(anAdvantagedGroup([1, null])).advantages_G).toEqual([1, 'NaN'])
  })

  it.each([
    [{ advantages_G: [1] }, 'advantages_G: found 1, expected 2, one per completion'],
    [{ advantages_G: [1, null] }, 'advantages_G.1: found null, expected number'],
    [{ rewards_G: [] }, 'rewards_G: found 0, expected 2, one per completion'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(AdvantagedGroupCodec, anAdvantagedGroup(), but)).toEqual([message])
  })
})
