import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { RewardCodec, VerdictCodec, VerifierFailureCodec } from '#lib/codec/value/reward.js'
import { aFailure, aReward } from '#testing.js'
import { anyFailure, anyReward, anyVerdict } from './arbitraries.js'
import { complaints, keepsTheCodecLaws } from './laws.js'

describe('RewardCodec', () => {
  keepsTheCodecLaws(RewardCodec, anyReward)

  it.each(['NaN', 'Infinity', '1'])('refuses the value %j', (value) => {
    expect(complaints(RewardCodec, aReward(1), { value })).toEqual([`value: found "${value}", expected finite number`])
  })

  it('refuses a part named __proto__', () => {
    const parts = JSON.parse('{ "correctness": 1, "__proto__": 0 }') as object
    expect(complaints(RewardCodec, aReward(1), { parts })).toEqual([
      'parts: found {"correctness":1,"__proto__":0}, expected parts by names other than __proto__',
    ])
  })
})

describe('VerifierFailureCodec', () => {
  keepsTheCodecLaws(VerifierFailureCodec, anyFailure)

  it('rejects an unknown tag', () => {
    expect(complaints(VerifierFailureCodec, aFailure(), { _tag: 'VerifierSlept' })).toEqual([
      expect.stringMatching(/^_tag: found "VerifierSlept", expected "VerifierThrew" \| /),
    ])
  })
})

describe('VerdictCodec', () => {
  keepsTheCodecLaws(VerdictCodec, anyVerdict)

  it('writes an Either as a tagged object', () => {
    expect(VerdictCodec.encode(E.right(aReward(1)))).toEqual({ _tag: 'Right', right: { value: 1, correct: true } })
    expect(VerdictCodec.encode(E.left(aFailure()))).toEqual({ _tag: 'Left', left: aFailure() })
  })

  it.each([
    [{ _tag: 'Both' }, 'found an object, expected Left or Right'],
    [{ right: { value: 1, correct: 1 } }, 'right.correct: found 1, expected boolean'],
    [{ right: undefined }, 'right: found nothing, expected Reward'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(VerdictCodec, E.right(aReward(1)), but)).toEqual([message])
  })
})
