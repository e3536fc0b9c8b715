import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readTokenizerFolder } from '#lib/tokenizer/tokenizer-folder.js'
import { temporaryFolder } from '../run/temporary.js'
import { opened, orThrow } from './golden.js'

const tokenizer = {
  added_tokens: ['<s>', '</s>', '<eot>'].map((content, i) => ({ id: 1 + i, content, special: true })),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
}
const whole = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': { bos_token: '<s>', eos_token: '<eot>' } }

/** Writes a folder with these files: strings as text, other values as JSON. */
const folderWith = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
  const folder = join(await temporaryFolder(), 'model')
  await mkdir(folder)
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return folder
}
const read = async (files: Readonly<Record<string, unknown>>) => readTokenizerFolder(await folderWith(files))()
const ends = async (files: Readonly<Record<string, unknown>>) =>
  orThrow(await read({ ...whole, ...files })).tokenizer.ends
const chat = async (files: Readonly<Record<string, unknown>>) =>
  E.map((template: (messages: []) => string) => template([]))(orThrow(await read({ ...whole, ...files })).chatTemplate)

describe('readTokenizerFolder', () => {
  it('reads the tokens that end a completion from the files of real models', async () => {
    const [qwen, llama] = [(await opened('qwen3')).tokenizer, (await opened('llama3')).tokenizer]
    expect(qwen.ends).toEqual(qwen.encode('<|im_end|>'))
    expect(llama.ends).toEqual(llama.encode('<|end_of_text|>'))
  })

  it.each([
    ['a number', { 'generation_config.json': { eos_token_id: 2 } }, [3, 2]],
    ['a list', { 'generation_config.json': { eos_token_id: [2, 3, 1] } }, [3, 2, 1]],
    ['not said', { 'generation_config.json': {} }, [3]],
    ['in config.json', { 'config.json': { eos_token_id: 2 } }, [3, 2]],
    ['in both', { 'generation_config.json': { eos_token_id: [1] }, 'config.json': { eos_token_id: 2 } }, [3, 1]],
    [
      'not a token by name',
      { 'tokenizer_config.json': { eos_token: null }, 'config.json': { eos_token_id: [2, 1] } },
      [2, 1],
    ],
    ['an object', { 'tokenizer_config.json': { eos_token: { content: '</s>', lstrip: false } } }, [2]],
  ])('collects the tokens that end a completion, each once: %s', async (_, files, expected) => {
    expect(await ends(files)).toEqual(expected)
  })

  it.each([
    [
      'in the configuration',
      { 'tokenizer_config.json': { ...whole['tokenizer_config.json'], chat_template: 'config' } },
    ],
    [
      'the default of several',
      {
        'tokenizer_config.json': {
          eos_token: '<eot>',
          chat_template: [
            { name: 'tool_use', template: 'tools' },
            { name: 'default', template: 'config' },
          ],
        },
      },
    ],
    ['in JSON of its own', { 'chat_template.json': { chat_template: 'config' } }],
    ['in a file of its own, which counts before all', { 'chat_template.jinja': 'config', 'chat_template.json': '{' }],
  ])('finds the chat template: %s', async (_, files) => {
    expect(await chat(files)).toEqual(E.right('config'))
  })

  it('passes the tokens that begin and end a text to the template', async () => {
    const template = '{{ bos_token }}|{{ eos_token }}|{{ bos_token is defined }}'
    expect(await chat({ 'chat_template.jinja': template })).toEqual(E.right('<s>|<eot>|true'))
    const config = { eos_token: { content: '<eot>' }, bos_token: null }
    expect(await chat({ 'chat_template.jinja': template, 'tokenizer_config.json': config })).toEqual(
      E.right('|<eot>|false'),
    )
  })

  const template = (...single: string[]) => ({
    type: 'TemplateProcessing',
    single: single.map((id) => (id === 'A' ? { Sequence: { id, type_id: 0 } } : { SpecialToken: { id, type_id: 0 } })),
    pair: [],
    special_tokens: {
      '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] },
      '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
    },
  })
  const postProcessor = (post_processor: unknown) => ({ 'tokenizer.json': { ...tokenizer, post_processor } })
  const config = (more: object) => ({ 'tokenizer_config.json': { ...whole['tokenizer_config.json'], ...more } })

  it.each<[string, object, readonly number[]]>([
    ['nothing', {}, [0]],
    ['the token of a post-processor', postProcessor(template('<s>', 'A')), [1, 0]],
    ['its tokens before the text, not those behind', postProcessor(template('</s>', '<s>', 'A', '</s>')), [2, 1, 0]],
    ['nothing, as the tokens are behind the text', postProcessor(template('A', '</s>')), [0]],
    [
      'the token of one of several post-processors',
      postProcessor({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, template('<s>', 'A')] }),
      [1, 0],
    ],
    [
      'the token of another kind of post-processor',
      postProcessor({ type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 1] }),
      [1, 0],
    ],
    ['the token that the configuration turns on', config({ add_bos_token: true }), [1, 0]],
    [
      'nothing, as the configuration turns it off',
      { ...postProcessor(template('<s>', 'A')), ...config({ add_bos_token: false }) },
      [0],
    ],
    [
      'nothing, as the configuration only has an end',
      { ...postProcessor(template('<s>', 'A')), ...config({ add_eos_token: true }) },
      [0],
    ],
    ['nothing, as there is no such token', config({ add_bos_token: true, bos_token: null }), [0]],
  ])('begins a text without a chat template as transformers does, with %s', async (_, files, ids) => {
    const { tokenizer: plain, rawTokenizer } = orThrow(await read({ ...whole, ...files }))
    expect(rawTokenizer.encode('a')).toEqual(ids)
    expect(plain.encode('a')).toEqual([0])
  })

  it('begins a text once, although the text has the token already', async () => {
    const { rawTokenizer } = orThrow(await read({ ...whole, ...postProcessor(template('<s>', 'A')) }))
    expect(rawTokenizer.encode('<s>a')).toEqual([1, 0])
    expect(rawTokenizer.encode('')).toEqual([1])
  })

  it.each(['qwen3', 'llama3'] as const)('begins no text of %s, whose files name no such token', async (model) => {
    const { tokenizer: plain, rawTokenizer } = await opened(model)
    expect(rawTokenizer.encode('so')).toEqual(plain.encode('so'))
  })

  it('refuses a beginning that is no token', async () => {
    const found = await read({ ...whole, ...config({ add_bos_token: true, bos_token: 'aa' }) })
    expect(E.isLeft(found) && found.left.message).toContain(
      'tokenizer.json: found no added token "aa", expected this token',
    )
  })

  it('reads a tokenizer without a chat template, and reports where one is expected', async () => {
    const folder = await folderWith(whole)
    const { chatTemplate } = orThrow(await readTokenizerFolder(folder)())
    expect(E.isLeft(chatTemplate) && chatTemplate.left.message).toBe(
      `${join(folder, 'tokenizer_config.json')}: found no chat template, ` +
        'expected chat_template, or a file chat_template.jinja or chat_template.json',
    )
  })

  it.each(['tokenizer.json', 'tokenizer_config.json'])('names %s if it is missing', async (name) => {
    const folder = await folderWith(Object.fromEntries(Object.entries(whole).filter(([file]) => file !== name)))
    expect(await readTokenizerFolder(folder)()).toMatchObject(
      E.left({ place: join(folder, name), found: 'no such file' }),
    )
  })

  it.each([
    ['no JSON', { 'tokenizer.json': '{"model": ' }, 'tokenizer.json', 'expected JSON'],
    ['no tokenizer', { 'tokenizer.json': {} }, 'tokenizer.json', 'model: found nothing'],
    [
      'a wrong token',
      { 'tokenizer_config.json': { eos_token: 5 } },
      'tokenizer_config.json',
      'eos_token: found 5, expected a token or null',
    ],
    [
      'wrong ends',
      { 'generation_config.json': { eos_token_id: '</s>' } },
      'generation_config.json',
      'eos_token_id: found "</s>", expected a token id or several or null',
    ],
    ['an end that is no token', { 'config.json': { eos_token_id: 9 } }, 'tokenizer.json', 'found no token 9'],
    ['no end', { 'tokenizer_config.json': {} }, '', 'found no token that ends a completion, expected eos_token in'],
  ])('names the file with %s', async (_, files, file, message) => {
    const folder = await folderWith({ ...whole, ...files })
    const found = await readTokenizerFolder(folder)()
    expect(E.isLeft(found) && found.left.message).toContain(join(folder, file))
    expect(E.isLeft(found) && found.left.message).toContain(message)
  })
})
