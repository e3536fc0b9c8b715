import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { huggingFaceTokenizer } from '#lib/tokenizer/hugging-face-tokenizer.js'
import { preTokenizers } from '#lib/tokenizer/pre-tokenizers.js'
import { isLinear } from '#lib/tokenizer/split-patterns.js'

const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const endings = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

const published = [
  ...Object.values(preTokenizers).flatMap(({ patterns }) => patterns),
  // GPT-4o
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${endings}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${endings}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  // Mistral
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  // DeepSeek
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  // Bloom
  ' ?[^(\\s|[.,!?…。，、।۔،])]+',
  '[一-龥぀-ゟ゠-ヿ]+',
  '[0-9][0-9][0-9]',
  '\\w+|[^\\w\\s]+',
  ' {2,}',
  '(\\n)',
]

const backtracking = [
  ...['(a+)+$', '(a|a)*b', '(a|aa)+$', '(.*)*x', '(x+x+)+y', '([a-zA-Z]+)*$', '^(\\w+\\s?)*$', '(?:a+){2,}', '(a*)*'],
  ...['a*a*b', 'a*a*a*b', '.*.*.*=', '\\s+$', 'a+b', '(?=a+b)c', '(a?){40}a{40}', '((a{1,50}){1,50}){1,50}b'],
  ...['(?:\\s|\\s)+x', '(a+)\\1+b', '(?:(?:a|b)*c)*d', '(?>a|a)*b', '[a', '(a', 'a)', '('.repeat(40) + ')'.repeat(40)],
]

const tokenizerWith = (change: object) => ({
  version: '1.0',
  added_tokens: [{ id: 1, content: '<end>', special: true }],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
  ...change,
})
const problemOf = (tokenizer: unknown) => {
  const opened = huggingFaceTokenizer({ tokenizer, config: {}, ends: ['<end>'], file: 'models/a/tokenizer.json' })
  return E.isLeft(opened) ? opened.left.message : 'no problem'
}
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })

describe('a split pattern', () => {
  it.each(published)('of a published tokenizer is linear: %s', (pattern) => {
    expect(isLinear(pattern)).toBe(true)
  })

  it.each(backtracking)('that can backtrack is not: %s', (pattern) => {
    expect(isLinear(pattern)).toBe(false)
  })

  it.each([
    ['pre_tokenizer.Regex', { pre_tokenizer: split('(a+)+$') }],
    [
      'pre_tokenizer.pretokenizers.1',
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [split('a'), split('(a|a)*b')] } },
    ],
    ['normalizer', { normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }],
    ['decoder', { decoder: { type: 'Replace', pattern: { Regex: '(.*)*x' }, content: '' } }],
  ])('that can backtrack is refused by name: %s', (_, change) => {
    expect(problemOf(tokenizerWith(change))).toMatch(
      /^models\/a\/tokenizer\.json, [a-z_.\d]+\.Regex: found ".*", expected a pattern that cannot backtrack/i,
    )
  })
})

describe('an id of a token', () => {
  it.each([
    ['a vocabulary', { model: { type: 'BPE', vocab: { a: 1e9 }, merges: [] } }, 'model.vocab["a"]: found 1000000000'],
    ['half an id', { model: { type: 'BPE', vocab: { a: 0.5 }, merges: [] } }, 'model.vocab["a"]: found 0.5'],
    ['a text', { model: { type: 'WordPiece', vocab: { a: '0' } } }, 'model.vocab["a"]: found "0"'],
    ['an added token', { added_tokens: [{ id: 2 ** 40, content: 'b' }] }, 'added_tokens.0.id: found 1099511627776'],
    ['a negative id', { added_tokens: [{ id: -1, content: 'b' }] }, 'added_tokens.0.id: found -1'],
  ])('that is no integer of a vocabulary is refused: %s', (_, change, message) => {
    expect(problemOf(tokenizerWith(change))).toBe(
      `models/a/tokenizer.json, ${message}, expected an integer from 0 to 16777215`,
    )
  })
})
