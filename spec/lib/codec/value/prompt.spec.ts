import { describe, expect, it } from 'vitest'
import { PromptBatchCodec, PromptCodec } from '#lib/codec/value/prompt.js'
import { aPrompt, aPromptBatch } from '#testing.js'
import { anyPrompt, anyPromptBatch } from './arbitraries.js'
import { complaints, keepsTheCodecLaws } from './laws.js'

describe('PromptCodec', () => {
  keepsTheCodecLaws(PromptCodec, anyPrompt)

  it.each([
    [{ id: 7 }, 'id: found 7, expected string'],
    [{ text: undefined }, 'text: found nothing, expected string'],
    [{ tokens: '1 2 3' }, /^tokens: found "1 2 3", expected/],
    [{ tokens: [1, 2.5] }, 'tokens.1: found 2.5, expected int32'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(PromptCodec, aPrompt(), but)).toEqual([expect.stringMatching(message)])
  })

  it('names every wrong field', () => {
    expect(complaints(PromptCodec, aPrompt(), { id: null, reference: {} })).toEqual([
      'id: found null, expected string',
      'reference: found {}, expected string',
    ])
  })

  it('drops other fields', () => {
    expect(PromptCodec.encode({ ...aPrompt(), note: 'mine' } as never)).toEqual(aPrompt())
    expect(PromptCodec.decode({ ...aPrompt(), note: 'mine' })).toMatchObject({ right: aPrompt() })
  })
})

describe('PromptBatchCodec', () => {
  keepsTheCodecLaws(PromptBatchCodec, anyPromptBatch)

  it.each([
    [{ step: -1 }, 'step: found -1, expected non-negative integer'],
    [{ prompts: [aPrompt(), { ...aPrompt(), id: 0 }] }, 'prompts.1.id: found 0, expected string'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(PromptBatchCodec, aPromptBatch(), but)).toEqual([message])
  })
})
