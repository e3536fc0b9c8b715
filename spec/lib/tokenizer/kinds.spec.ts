import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { huggingFaceTokenizer } from '#lib/tokenizer/hugging-face-tokenizer.js'
import { orThrow } from './golden.js'

/** Output of bench/reference/tokenizer_kinds.py. */
interface Kind {
  readonly kind: string
  readonly tokenizer: object
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded?: string }[]
}
const kinds = JSON.parse(
  readFileSync(new URL('../../golden/tokenizer-kinds.json', import.meta.url), 'utf8'),
) as readonly Kind[]

const open = (tokenizer: object) => huggingFaceTokenizer({ tokenizer, config: {}, ends: [] })

const backtracks = 'expected a pattern that cannot backtrack'

/** Kinds that are refused, each with a part of its error. */
const refused: Readonly<Record<string, string>> = {
  'pattern-\\G\\p{L}+|\\s':
    'tokenizer.json, pre_tokenizer.pattern.Regex: found \\G\\p{L}+|\\s, expected a pattern without \\G',
  'pattern-(?:\\G|\\s)\\p{L}+': 'expected a pattern without \\G',
  'pattern-\\p{L}\\K\\p{N}': 'Invalid regular expression: /\\p{L}\\K\\p{N}/',
  'pattern-\\R+': 'Invalid regular expression: /\\R+/',
  'pattern-\\X': 'Invalid regular expression: /\\X/',
  'pattern-(?i)a+|\\s+': 'Invalid regular expression: /(?i)a+',
  'pattern-\\N+': 'Invalid regular expression: /\\N+/',
  'pattern-\\O': 'Invalid regular expression: /\\O/',
  'pattern-(?x) \\p{L}+ # letters': backtracks,
  'pattern-(?m:.+)': 'Invalid regular expression: /(?m:',
  'pattern-\\p{^L}+': 'Invalid regular expression: /\\p{^L}+/',
  'pattern-\\y': 'Invalid regular expression: /\\y/',
  'pattern-(?~ab)': 'Invalid regular expression: /(?~ab)/',
  'pattern-(?<p>\\((?:[^()]|\\g<p>)*\\))': backtracks,
  'pattern-\\p{L}+?\\s': backtracks,
  'pattern-\\b\\w+\\b': backtracks,
  'pattern-^\\p{L}+|\\p{N}+$': backtracks,
  'pattern-\\A\\p{L}+|\\p{N}+\\z': backtracks,
  'pattern-a*+b': backtracks,
  'split-MergedWithPrevious':
    'tokenizer.json, pre_tokenizer.behavior: found MergedWithPrevious, expected Isolated, or Removed',
  'split-MergedWithNext': 'found MergedWithNext, expected Isolated, or Removed',
  'split-Contiguous': 'found Contiguous, expected Isolated, or Removed',
}

describe('a tokenizer of Hugging Face', () => {
  it.each(kinds.filter(({ kind }) => !(kind in refused)).map((row) => [row.kind, row] as const))(
    'has the ids of the original: %s',
    (_, { tokenizer, texts }) => {
      const opened = orThrow(open(tokenizer))
      for (const { text, ids, decoded } of texts) {
        expect([text, opened.encode(text)]).toEqual([text, ids])
        if (decoded !== undefined) expect([text, opened.decode(ids)]).toEqual([text, decoded])
      }
    },
  )

  it.each(Object.entries(refused))('is refused with its file: %s', (name, message) => {
    const found = open(kinds.find(({ kind }) => kind === name)!.tokenizer)
    expect(E.isLeft(found) && found.left.message).toContain(message)
    expect(E.isLeft(found) && found.left.place).toContain('tokenizer.json')
  })

  it('may have a pattern with an escaped backslash before a G', () => {
    const { tokenizer } = kinds.find(({ kind }) => kind === 'pattern-\\P{L}+')!
    const pre_tokenizer = { type: 'Split', pattern: { Regex: '\\\\G' }, behavior: 'Isolated', invert: false }
    expect(E.isRight(open({ ...tokenizer, pre_tokenizer }))).toBe(true)
  })

  it('names a pattern with \\G in a sequence, in the normalizer or in the decoder', () => {
    const { tokenizer } = kinds.find(({ kind }) => kind === 'pattern-\\P{L}+')!
    const pattern = { Regex: 'a\\G' }
    const places = [
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern, behavior: 'Removed' }] } },
      { normalizer: { type: 'Replace', pattern, content: '' } },
      { decoder: { type: 'Replace', pattern, content: '' } },
    ].map((change) => open({ ...tokenizer, ...change }))
    expect(places.map((found) => E.isLeft(found) && found.left.place)).toEqual([
      'tokenizer.json, pre_tokenizer.pretokenizers.0.pattern.Regex',
      'tokenizer.json, normalizer.pattern.Regex',
      'tokenizer.json, decoder.pattern.Regex',
    ])
  })
})
