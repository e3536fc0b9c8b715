import { describe, expect, it } from 'vitest'
import { BatchCodec, FilteredBatchCodec, MeasuredBatchCodec } from '#lib/codec/value/batch.js'
import { aBatch, aFilteredBatch, aMeasuredBatch, anEmptyBatch } from '#testing.js'
import { anyBatch, anyFilteredBatch, anyMeasuredBatch } from './arbitraries.js'
import { complaints, keepsTheCodecLaws, throughJson } from './laws.js'

// Two responses, of one and of two tokens.
const batch = aBatch(3)
const measured = aMeasuredBatch(3)
const filtered = aFilteredBatch(3)
const { scores } = throughJson(MeasuredBatchCodec.encode(measured)) as {
  readonly scores: { readonly distribution: object }
}
const { state } = throughJson(FilteredBatchCodec.encode(filtered)) as { readonly state: object }

describe('BatchCodec', () => {
  keepsTheCodecLaws(BatchCodec, anyBatch)

  it('takes a batch without responses', () => {
    const empty = anEmptyBatch()
    expect(BatchCodec.decode(throughJson(BatchCodec.encode(empty)))).toMatchObject({ right: empty })
  })

  it.each([
    [{ advantages_B: [1] }, ['advantages_B: found 1, expected 2, one per response']],
    [{ width: 3 }, ['width: found 3, expected 2, the longest completion']],
    [{ width: '2' }, ['width: found "2", expected non-negative integer']],
    [{ failures: [{ _tag: 'NoVerdict' }] }, ['failures.0.message: found nothing, expected string']],
    [
      { responses: [] },
      ['advantages_B: found 2, expected 0, one per response', 'width: found 2, expected 0, the longest completion'],
    ],
  ])('for %j reports %j', (but, messages) => {
    expect(complaints(BatchCodec, batch, but)).toEqual(messages)
  })
})

describe('MeasuredBatchCodec', () => {
  keepsTheCodecLaws(MeasuredBatchCodec, anyMeasuredBatch)

  it.each(['logprobs_BT', 'entropy_BT'])('holds %s to the shape of the batch', (field) => {
    expect(complaints(MeasuredBatchCodec, measured, { scores: { ...scores, [field]: [0] } })).toEqual([
      `scores.${field}: found 1, expected 4, responses x width`,
    ])
  })

  it.each(['s_BT', 'expectedS_BT', 'squares_BT'])('holds %s to the shape of the batch', (field) => {
    const distribution = { ...scores.distribution, [field]: [0] }
    expect(complaints(MeasuredBatchCodec, measured, { scores: { ...scores, distribution } })).toEqual([
      `scores.distribution.${field}: found 1, expected 4, responses x width`,
    ])
  })

  it('checks the length of the log-probs of a reference, if there are any', () => {
    const referenced = { ...measured, referenceLogprobs_BT: new Float32Array(4).fill(-1) }
    expect(complaints(MeasuredBatchCodec, referenced, {})).toEqual([])
    expect(complaints(MeasuredBatchCodec, referenced, { referenceLogprobs_BT: [-1] })).toEqual([
      'referenceLogprobs_BT: found 1, expected 4, responses x width',
    ])
    expect(MeasuredBatchCodec.encode(measured)).not.toHaveProperty('referenceLogprobs_BT')
  })

  it('names the place of an element', () => {
    expect(complaints(MeasuredBatchCodec, measured, { scores: { ...scores, entropy_BT: [0, 0, 0, null] } })).toEqual([
      'scores.entropy_BT.3: found null, expected float32',
    ])
  })
})

describe('FilteredBatchCodec', () => {
  keepsTheCodecLaws(FilteredBatchCodec, anyFilteredBatch)

  it.each([
    [{ mask_BT: [1, 1] }, 'mask_BT: found 2, expected 4, responses x width'],
    [{ mask_BT: [1, 0, 1, 2] }, 'mask_BT.3: found 2, expected 0 or 1'],
    [{ accepted_B: [true] }, 'accepted_B: found 1, expected 2, one per response'],
    [{ accepted_B: [true, 1] }, 'accepted_B.1: found 1, expected boolean'],
    [{ advantages_B: [1] }, 'advantages_B: found 1, expected 2, one per response'],
    [{ scores: null }, 'scores: found null, expected Scores'],
    [
      { state: { ...state, band: { low: 1, high: 0 } } },
      'state.band: found low 1 and high 0, expected finite numbers with 0 <= low <= high',
    ],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(FilteredBatchCodec, filtered, but)).toEqual([message])
  })
})
