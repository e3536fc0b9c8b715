/** Files of tokenizers: tokenizer.json, tokenizer_config.json, generation_config.json, chat templates. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { rightOrThrow } from '../../../lib/or-throw.js'
import { chatTemplate, type Message } from '../../../lib/tokenizer/chat-template.js'
import type { ModelTokenizer } from '../../../lib/tokenizer/model-tokenizer.js'
import { readTokenizer, readTokenizerFiles } from '../../../lib/tokenizer/read-tokenizer.js'
import { bytesOfJson, bytesOfText, type FuzzDecoders } from '../fuzz-decoder.js'
import { chatTemplates, tokenizerJsons } from '../samples/tokenizers.js'
import { unlessRefused, valueOf } from '../typed-error.js'
import { decodeFile, writeFiles } from './write-input.js'

const messages: readonly Message[] = [
  { role: 'system', content: 'Answer in one word.' },
  { role: 'user', content: "What's 3 + 4?\n \u00e9\u{1f642}" },
  { role: 'assistant', content: '7' },
  { role: 'user', content: '' },
]
const now = new Date('2026-11-30T12:00:00Z')

/** Encodes, decodes and renders with a tokenizer that was read. Each of them may refuse a text. */
export const useTokenizer = async ({ tokenizer, rawTokenizer, chatTemplate }: ModelTokenizer): Promise<void> => {
  for (const each of [tokenizer, rawTokenizer])
    await unlessRefused(() => each.decode(each.encode(" a  b's 12\n\n\u00e9\u{1f642}<|im_end|>")))
  await unlessRefused(() => tokenizer.decode([0, 1, 2, tokenizer.vocabulary - 1]))
  if (E.isRight(chatTemplate)) {
    const template = chatTemplate.right
    await unlessRefused(() => tokenizer.encode(template(messages)))
  }
}

const readFolder = (folder: string) => async () => useTokenizer(await valueOf(readTokenizer(folder, { now })))

/** Files of a folder with the tokenizer of a GGUF file that another program wrote. */
const goldenFiles = () => valueOf(readTokenizerFiles(join('spec', 'golden', 'checkpoints', 'qwen3.gguf')))

const generation = { eos_token_id: [0, 1], temperature: 0.6 }

/** Decoder of one file in the folder of a tokenizer. */
const fileOfFolder = (name: string) => async (folder: string) => {
  await writeFiles(folder, { ...(await goldenFiles()), 'generation_config.json': JSON.stringify(generation) })
  return decodeFile(folder, name, readFolder(folder))
}

export const tokenizerDecoders: FuzzDecoders = {
  tokenizer: {
    about: 'tokenizer.json, and texts that it encodes and decodes',
    form: 'json',
    weight: 3,
    samples: async () => [bytesOfText((await goldenFiles())['tokenizer.json']!), ...tokenizerJsons.map(bytesOfJson)],
    open: async (folder) => {
      const config = JSON.stringify({ eos_token: null, chat_template: chatTemplates[0] })
      await writeFiles(folder, { 'tokenizer_config.json': config, 'generation_config.json': '{"eos_token_id":1}' })
      return decodeFile(folder, 'tokenizer.json', readFolder(folder))
    },
  },
  'tokenizer-config': {
    about: 'tokenizer_config.json',
    form: 'json',
    weight: 1,
    samples: async () => [
      bytesOfText((await goldenFiles())['tokenizer_config.json']!),
      bytesOfJson({
        bos_token: { content: '<|endoftext|>' },
        eos_token: null,
        add_bos_token: false,
        chat_template: [{ name: 'default', template: chatTemplates[0] }],
        clean_up_tokenization_spaces: false,
        model_max_length: 131_072,
      }),
    ],
    open: fileOfFolder('tokenizer_config.json'),
  },
  'generation-config': {
    about: 'generation_config.json',
    form: 'json',
    weight: 0.5,
    samples: () => Promise.resolve([bytesOfJson(generation)]),
    open: fileOfFolder('generation_config.json'),
  },
  'chat-template': {
    about: 'a chat template, and a conversation that it renders',
    form: 'jinja',
    weight: 3,
    samples: () => Promise.resolve(chatTemplates.map(bytesOfText)),
    open: () =>
      Promise.resolve((input) => {
        const template = new TextDecoder().decode(input)
        const variables = { bos_token: '<s>', eos_token: '</s>' }
        rightOrThrow(chatTemplate({ template, variables, file: 'chat_template.jinja', now }))(messages)
        return Promise.resolve()
      }),
  },
}
