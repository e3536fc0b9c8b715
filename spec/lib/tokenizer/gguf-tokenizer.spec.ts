import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { GgufValue } from '#lib/checkpoint/gguf.js'
import { ggufTokenizer } from '#lib/tokenizer/gguf-tokenizer.js'
import { readTokenizer } from '#lib/tokenizer/read-tokenizer.js'
import reference from '../../golden/gguf-tokenizer.json' with { type: 'json' }
import { smollm2 } from '../smollm2.js'
import { folderOf, golden, type models, orThrow } from './golden.js'

type Fields = Readonly<Record<string, GgufValue | undefined>>

/** Leaves out undefined fields. */
const read = (fields: Fields, specialTokens = false) => {
  const given = Object.entries(fields).filter((entry): entry is [string, GgufValue] => entry[1] !== undefined)
  return ggufTokenizer({ metadata: new Map(given), specialTokens, file: 'f' })
}

/** GGUF fields of a model's tokenizer.json. Ids without a token become unused tokens. */
const converted = (model: (typeof models)[number], pre: string): Fields => {
  const { model: bpe, added_tokens } = JSON.parse(readFileSync(join(folderOf(model), 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number>; merges: (string | string[])[] }
    added_tokens: { id: number; content: string; special: boolean }[]
  }
  const tokens = Array.from({ length: golden(model).vocabulary + 5 }, (_, id) => `[PAD${id}]`)
  const types = tokens.map(() => 5)
  const put = (id: number, token: string, type: number) => ([tokens[id], types[id]] = [token, type])
  for (const [token, id] of Object.entries(bpe.vocab)) put(id, token, 1)
  for (const { id, content, special } of added_tokens) put(id, content, special ? 3 : 4)
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': pre,
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': types,
    'tokenizer.ggml.merges': bpe.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))),
    'tokenizer.ggml.eos_token_id': added_tokens[1]!.id,
  }
}

describe.each([
  ['qwen3', 'qwen2'],
  ['llama3', 'llama-bpe'],
] as const)('the tokenizer of %s in a GGUF file', (model, pre) => {
  const { tokenizer } = orThrow(read(converted(model, pre)))
  const { vocabulary, texts } = golden(model)

  it('gives the ids and the text of its tokenizer.json', () => {
    for (const { text, ids, decoded } of texts) {
      expect([text, tokenizer.encode(text)]).toEqual([text, ids])
      expect(tokenizer.decode(ids)).toBe(decoded)
    }
  })

  it('leaves unused tokens out', () => {
    expect(tokenizer.vocabulary).toBe(vocabulary)
    expect(tokenizer.decode([...tokenizer.encode('so'), vocabulary + 1])).toBe('so')
  })
})

const { texts } = golden('qwen3')
const families = ['smollm', 'gpt-2', 'llama-bpe', 'smaug-bpe', 'tekken'] as const

describe.each(families)('the vocabulary of Qwen3, split as %s does', (family) => {
  const { tokenizer } = orThrow(read(converted('qwen3', family)))

  it('gives the ids of the reference', () => {
    expect(reference[family]).toHaveLength(texts.length)
    for (const [i, { text }] of texts.entries())
      expect([text, tokenizer.encode(text)]).toEqual([text, reference[family][i]])
  })

  test.prop([fc.string({ unit: 'grapheme', maxLength: 40 })])('decodes to the text', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  })
})

it('the reference differs between the families', () => {
  // Smaug splits as Llama 3 does, and merges pieces that are tokens too, which changes none of the ids.
  const different = families.filter((family) => family !== 'smaug-bpe')
  expect(new Set(different.map((family) => JSON.stringify(reference[family]))).size).toBe(different.length)
})

const small: Fields = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'smollm',
  'tokenizer.ggml.tokens': ['<s>', '</s>', 'a', 'Ġ', 'aa', '<note>', '__proto__', '[PAD7]', '<eot>'],
  'tokenizer.ggml.token_type': [3, 3, 1, 1, 1, 4, 4, 5, 3],
  'tokenizer.ggml.merges': ['a a'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.ggml.eos_token_id': 1,
}
const made = (changed: Fields = {}, specialTokens = false) => orThrow(read({ ...small, ...changed }, specialTokens))

describe('ggufTokenizer', () => {
  it('reads control and user-defined tokens in a text, and has no text for control tokens', () => {
    const { tokenizer } = made()
    expect(tokenizer.encode('aa<note> </s>__proto__a')).toEqual([4, 5, 3, 1, 6, 2])
    expect(tokenizer.decode([0, 4, 5, 3, 1, 6, 8])).toBe('aa<note> __proto__')
  })

  it.each<[string, Fields, number[]]>([
    ['the end of a text', {}, [1]],
    ['the end of a text, then that of a turn', { 'tokenizer.ggml.eot_token_id': 8 }, [1, 8]],
    ['one that is both', { 'tokenizer.ggml.eot_token_id': 1 }, [1]],
  ])('ends a completion with %s', (_, fields, ends) => {
    expect(made(fields).tokenizer.ends).toEqual(ends)
  })

  it.each<[string, Fields, number[]]>([
    ['nothing', {}, [2]],
    ['what the file says', { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true }, [0, 2, 1]],
    ['a beginning in the family of Llama 3', { 'tokenizer.ggml.pre': 'llama-bpe' }, [0, 2]],
    [
      'nothing if the file turns it off',
      { 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false },
      [2],
    ],
  ])('adds special tokens around a text on request: %s', (_, fields, ids) => {
    expect(made(fields, true).tokenizer.encode('a')).toEqual(ids)
    expect(made(fields).tokenizer.encode('a')).toEqual([2])
  })

  it.each<[string, Fields, number[]]>([
    ['nothing', {}, [2]],
    [
      'what the file says, without an end',
      { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true },
      [0, 2],
    ],
    ['a beginning in the family of Llama 3', { 'tokenizer.ggml.pre': 'llama-bpe' }, [0, 2]],
    [
      'nothing if the file turns it off',
      { 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false },
      [2],
    ],
    [
      'nothing if there is no such token',
      { 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.bos_token_id': undefined },
      [2],
    ],
  ])('begins a text without a chat template with %s', (_, fields, ids) => {
    const { rawTokenizer } = made(fields)
    expect(rawTokenizer.encode('a')).toEqual(ids)
    expect(rawTokenizer.encode('<s>a')).toEqual([0, 2])
  })

  it('composes characters only in the family of Qwen', () => {
    const fields = { 'tokenizer.ggml.tokens': ['Ã©', 'e', 'Ì', 'ģ'], 'tokenizer.ggml.token_type': [1, 1, 1, 1] }
    const ids = (pre: string) =>
      made({ ...fields, 'tokenizer.ggml.pre': pre, 'tokenizer.ggml.merges': ['Ã ©'] }).tokenizer.encode('e\u0301')
    expect(ids('qwen2')).toEqual([0])
    expect(ids('gpt-2')).toEqual([1, 2, 3])
  })

  it('does not merge a piece that is a token, only in the family of Llama 3', () => {
    const ids = (pre: string) => made({ 'tokenizer.ggml.pre': pre, 'tokenizer.ggml.merges': [] }).tokenizer.encode('aa')
    expect(ids('llama-bpe')).toEqual([4])
    expect(ids('gpt-2')).toEqual([2, 2])
  })

  it('tells the chat template what begins and ends a text', () => {
    const template = '{{ bos_token }}{{ messages[0].content }}{{ eos_token }}'
    const { chatTemplate } = made({ 'tokenizer.chat_template': template })
    expect(orThrow(chatTemplate)([{ role: 'user', content: 'so?' }])).toBe('<s>so?</s>')
  })

  it('reads a tokenizer without a valid chat template', () => {
    expect(made().chatTemplate).toMatchObject(
      E.left({ message: 'f, tokenizer.chat_template: found no chat template, expected a chat template' }),
    )
    expect(made({ 'tokenizer.chat_template': '{% if %}' }).chatTemplate).toMatchObject(
      E.left({ place: 'f, tokenizer.chat_template', expected: 'a template in Jinja' }),
    )
  })

  it.each<[string, Fields, string]>([
    [
      'another kind',
      { 'tokenizer.ggml.model': 'llama' },
      'tokenizer.ggml.model: found "llama", expected gpt2, or a tokenizer.json beside the file',
    ],
    [
      'an unknown family',
      { 'tokenizer.ggml.pre': 'glm4' },
      'tokenizer.ggml.pre: found "glm4", expected smollm, qwen2, llama-bpe, smaug-bpe, tekken, gpt-2, or a tokenizer.json beside the file',
    ],
    [
      'no family',
      { 'tokenizer.ggml.pre': undefined },
      'tokenizer.ggml.pre: found nothing, expected smollm, qwen2, llama-bpe, smaug-bpe, tekken, gpt-2, or a tokenizer.json beside the file',
    ],
    [
      'no tokens',
      { 'tokenizer.ggml.tokens': undefined },
      'tokenizer.ggml.tokens: found nothing, expected texts of tokens',
    ],
    [
      'an unknown type',
      { 'tokenizer.ggml.token_type': [3, 3, 6] },
      'tokenizer.ggml.token_type.2: found 6, expected 1 (normal), 3 (control), 4 (user-defined) or 5 (unused)',
    ],
    [
      'too few types',
      { 'tokenizer.ggml.token_type': [3, 3] },
      'tokenizer.ggml.token_type: found 2, expected 9, one per token',
    ],
    [
      'a wrong pair',
      { 'tokenizer.ggml.merges': ['a a', 'aa'] },
      'tokenizer.ggml.merges.1: found "aa", expected two tokens with a space between them',
    ],
    [
      'no end',
      { 'tokenizer.ggml.eos_token_id': undefined },
      'tokenizer.ggml.eos_token_id: found nothing, expected number',
    ],
    [
      'a wrong bos token',
      { 'tokenizer.ggml.bos_token_id': 9 },
      'tokenizer.ggml.bos_token_id: found 9, expected one of 9 tokens',
    ],
  ])('rejects %s', (_, fields, message) => {
    expect(read({ ...small, ...fields })).toMatchObject(E.left({ _tag: 'CheckpointError', message: `f, ${message}` }))
  })

  it('rejects an end that is not a token', () => {
    const found = read({ ...small, 'tokenizer.ggml.eot_token_id': 7 })
    expect(found).toMatchObject(E.left({ place: 'f', found: 'no token 7' }))
  })
})

describe.skipIf(smollm2 === undefined)('the tokenizer of SmolLM2-135M-Instruct', () => {
  it('gives the ids of the reference', async () => {
    const { tokenizer } = orThrow(await readTokenizer(smollm2!)())
    expect(tokenizer).toMatchObject({ vocabulary: 49_152, ends: [2] })
    for (const [i, { text }] of texts.entries())
      expect([text, tokenizer.encode(text)]).toEqual([text, reference.smollm2[i]])
  })

  it('renders a conversation as the reference does', async () => {
    const { chatTemplate } = orThrow(await readTokenizer(smollm2!)())
    expect(orThrow(chatTemplate)(reference.chat.messages)).toBe(reference.chat.text)
  })
})
