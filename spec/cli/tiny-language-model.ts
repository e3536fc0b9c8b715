import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { writeHuggingFace } from '#lib/model/hugging-face/write-folder.js'
import { initialWeights } from '#lib/model/weights.js'

/** How byte-level tokenizers write each byte: printable ones as themselves, the others from 256 on. */
const bytes = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let other = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : other++))
})()
const specials = ['<|im_start|>', '<|im_end|>']

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

/** A token for each byte, and two special ones. */
const tokenizerJson = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: specials.map((content, i) => ({
    id: 256 + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: null,
  pre_tokenizer: byteLevel,
  post_processor: null,
  decoder: byteLevel,
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(bytes.map((byte, id) => [byte, id])),
    merges: [],
  },
}

const chatml =
  "{% for message in messages %}{{'<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

export const tinyDecoder: DecoderConfig = {
  vocabulary: 264,
  width: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headWidth: 8,
  feedForward: 16,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}

/** Writes a Hugging Face folder with a tokenizer of bytes and fresh weights. */
export const writeTinyLanguageModel = async (folder: string): Promise<void> => {
  const model = { config: tinyDecoder, weights: initialWeights(tinyDecoder, 1), metadata: {} }
  const written = await writeHuggingFace(folder, model)()
  if (E.isLeft(written)) throw written.left
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson))
  await writeFile(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: '<|im_end|>', chat_template: chatml }),
  )
}

/** Sums, as GSM8K writes them. */
export const writeQuestions = async (file: string, count = 40): Promise<void> => {
  const row = (i: number) =>
    JSON.stringify({
      question: `What is ${i} + ${i + 1}?`,
      answer: `${i} + ${i + 1} = ${2 * i + 1}\n#### ${2 * i + 1}`,
    })
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, `${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\n`)
}
