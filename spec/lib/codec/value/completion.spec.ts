import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CompletionCodec } from '#lib/codec/value/completion.js'
import { aCompletion } from '#testing.js'
import { anyCompletion } from './arbitraries.js'
import { complaints, errorsOf, keepsTheCodecLaws } from './laws.js'

describe('CompletionCodec', () => {
  keepsTheCodecLaws(CompletionCodec, anyCompletion)

  it('writes typed arrays as numbers', () => {
    const completion = aCompletion(2, { logprobs_T: Float32Array.of(-0.5, -Infinity) })
    expect(CompletionCodec.encode(completion)).toEqual({
      ...completion,
      tokens: [1, 2],
      logprobs_T: [-0.5, '-Infinity'],
    })
  })

  it.each([
    [{ logprobs_T: [-1] }, 'logprobs_T: found 1, expected 2, one per token'],
    [{ tokens: [] }, 'logprobs_T: found 2, expected 0, one per token'],
    [{ tokens: [1, 2 ** 31] }, 'tokens.1: found 2147483648, expected int32'],
    [{ logprobs_T: [-1, null] }, 'logprobs_T.1: found null, expected float32'],
    [{ finish: 'tired' }, /^finish: found "tired", expected "stop" \| "length"$/],
    [{ version: 1.5 }, 'version: found 1.5, expected non-negative integer'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(CompletionCodec, aCompletion(2), but)).toEqual([expect.stringMatching(message)])
  })

  it('names a value that is no completion', () => {
    expect(errorsOf(CompletionCodec.decode([1, 2]))).toEqual(['found [1,2], expected Completion'])
  })

  it('rejects a completion whose arrays differ in length', () => {
    const torn = aCompletion(2, { logprobs_T: new Float32Array(3) })
    expect(CompletionCodec.is(torn)).toBe(false)
    expect(E.isLeft(CompletionCodec.decode(CompletionCodec.encode(torn)))).toBe(true)
  })
})
