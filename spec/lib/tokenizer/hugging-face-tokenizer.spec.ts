import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { huggingFaceTokenizer } from '#lib/tokenizer/hugging-face-tokenizer.js'
import { golden, models, opened, orThrow } from './golden.js'

describe.each(models)('the tokenizer of %s', async (model) => {
  const { tokenizer } = await opened(model)
  const { vocabulary, texts, chats } = golden(model)

  it('has as many ids as the reference', () => {
    expect(tokenizer.vocabulary).toBe(vocabulary)
  })

  it('gives the ids of the reference', () => {
    for (const { text, ids } of [...texts, ...chats]) expect([text, tokenizer.encode(text)]).toEqual([text, ids])
  })

  it('gives the text of the reference, without special tokens', () => {
    for (const { ids, decoded } of texts) expect(tokenizer.decode(Int32Array.from(ids))).toBe(decoded)
  })

  it('has no text for ids without a token or for no ids', () => {
    expect(tokenizer.decode([vocabulary + 1, ...tokenizer.encode('so'), vocabulary])).toBe('so')
    expect(tokenizer.decode([])).toBe('')
  })

  test.prop([fc.string({ unit: 'grapheme-ascii', maxLength: 60 })])('has a token for every text', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  })
})

/** Tokens of a few letters, and two more tokens. */
const small = {
  version: '1.0',
  added_tokens: [
    { id: 3, content: '<end>', special: true },
    { id: 5, content: '<note>', special: false },
  ],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<end>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<end>': { id: '<end>', ids: [3], tokens: ['<end>'] } },
  },
  decoder: { type: 'Fuse' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] },
}
const made = (change: object = {}, ends: readonly (number | string)[] = ['<end>', 1]) =>
  huggingFaceTokenizer({ tokenizer: { ...small, ...change }, config: {}, ends })

describe('huggingFaceTokenizer', () => {
  it('names its file if the library finds a fault only when it encodes or decodes', () => {
    const encoding = orThrow(made({ post_processor: { type: 'TemplateProcessing', pair: [] } }))
    const decoding = orThrow(
      made({
        added_tokens: [...small.added_tokens, { id: 0, content: 7 }],
        decoder: { type: 'Metaspace', replacement: '_' },
      }),
    )
    for (const use of [() => encoding.encode('ab'), () => decoding.decode([0, 1])]) {
      expect(use).toThrow(CheckpointError)
      expect(use).toThrow(/^tokenizer.json: found TypeError: /)
    }
  })

  it('has a vocabulary up to the highest id, gaps included', () => {
    expect(orThrow(made()).vocabulary).toBe(6)
  })

  it('finds the tokens that end a completion by text or id', () => {
    expect(orThrow(made()).ends).toEqual([3, 1])
  })

  it('encodes special tokens in a text, and decodes them to no text', () => {
    const tokenizer = orThrow(made())
    expect(tokenizer.encode('ab<end>a<note>')).toEqual([2, 3, 0, 5])
    expect(tokenizer.decode([2, 3, 0, 5])).toBe('aba<note>')
  })

  it('adds special tokens around a text on request', () => {
    const options = { tokenizer: small, config: {}, ends: [3] }
    expect(orThrow(huggingFaceTokenizer({ ...options, specialTokens: true })).encode('ab')).toEqual([3, 2])
  })

  it.each([
    ['nothing', undefined, 'tokenizer.json: found nothing, expected a tokenizer as Hugging Face'],
    [
      'a model without a type',
      { ...small, model: { vocab: {} } },
      'tokenizer.json, model.type: found nothing, expected BPE, Unigram or WordPiece',
    ],
    ['a type there is not', { ...small, model: { type: 'Bytes', vocab: {} } }, 'model.type: found "Bytes", expected'],
    ['no vocabulary', { ...small, model: { type: 'BPE' } }, 'model.vocab: found nothing, expected tokens'],
    ['no merges', { ...small, model: { type: 'BPE', vocab: {} } }, 'a tokenizer as Hugging Face writes it'],
  ])('reports what it found instead of a tokenizer: %s', (_, tokenizer, message) => {
    const found = huggingFaceTokenizer({ tokenizer, config: {}, ends: [] })
    expect(E.isLeft(found) && found.left.message).toContain(message)
  })

  it.each([['<stop>'], [4]])('reports an end that is not one of its tokens: %s', (end) => {
    expect(made({}, ['<end>', end])).toMatchObject(E.left({ found: `no token ${JSON.stringify(end)}` }))
  })
})
