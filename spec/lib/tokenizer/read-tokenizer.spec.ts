import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readTokenizer, readTokenizerFiles } from '#lib/tokenizer/read-tokenizer.js'
import reference from '../../golden/gguf-tokenizer.json' with { type: 'json' }
import { goldenCheckpoint } from '../model/golden-checkpoints.js'
import { temporaryFolder } from '../run/temporary.js'
import { folderOf, golden, orThrow } from './golden.js'

const message = async (path: string) => {
  const found = await readTokenizer(path)()
  return E.isLeft(found) && found.left.message
}

describe('readTokenizer', () => {
  it('reads the tokenizer of a Hugging Face folder', async () => {
    const { tokenizer } = orThrow(await readTokenizer(folderOf('qwen3'))())
    const { text, ids } = golden('qwen3').texts[4]!
    expect(tokenizer.encode(text)).toEqual(ids)
  })

  it.each(['llama.gguf', 'llama3.gguf', 'qwen3.gguf', 'smollm3.gguf', 'mistral.gguf'] as const)(
    'reads the tokenizer of %s',
    async (name) => {
      const { tokenizer, chatTemplate } = orThrow(await readTokenizer(goldenCheckpoint(name))())
      for (const { text, ids } of reference.tiny[name]) expect([text, tokenizer.encode(text)]).toEqual([text, ids])
      expect(tokenizer).toMatchObject({ vocabulary: 8, ends: [7] })
      expect(orThrow(chatTemplate)([{ role: 'user', content: 'ab' }])).toBe('ab<|im_end|>')
    },
  )

  it('recognizes a GGUF file by its first bytes', async () => {
    const file = join(await temporaryFolder(), 'model')
    await copyFile(goldenCheckpoint('llama.gguf'), file)
    expect(orThrow(await readTokenizer(file)()).tokenizer.vocabulary).toBe(8)
  })

  it('prefers the tokenizer.json in the folder of a GGUF file to the tokenizer in it', async () => {
    const folder = await temporaryFolder()
    await copyFile(goldenCheckpoint('llama.gguf'), join(folder, 'model.gguf'))
    for (const name of ['tokenizer.json', 'tokenizer_config.json'])
      await copyFile(join(folderOf('qwen3'), name), join(folder, name))
    const { tokenizer } = orThrow(await readTokenizer(join(folder, 'model.gguf'))())
    expect(tokenizer.vocabulary).toBe(golden('qwen3').vocabulary)
  })

  it('reports what it found instead of a model with a tokenizer', async () => {
    const file = join(await temporaryFolder(), 'model.safetensors')
    const expected = 'expected a model with a tokenizer of its own: a Hugging Face folder, or a .gguf file'
    expect(await message(file)).toBe(`${file}: found no such file, ${expected}`)
    await writeFile(file, 'x')
    expect(await message(file)).toBe(`${file}: found a file of another kind, ${expected}`)
  })
})

describe('readTokenizerFiles', () => {
  const written = async (files: Readonly<Record<string, string>>) => {
    const folder = await temporaryFolder()
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return orThrow(await readTokenizer(folder)())
  }

  it.each(['llama.gguf', 'llama3.gguf', 'qwen3.gguf', 'smollm3.gguf', 'mistral.gguf'] as const)(
    'converts the tokenizer in %s to the files of a folder',
    async (name) => {
      const file = goldenCheckpoint(name)
      const [carried, again] = [
        orThrow(await readTokenizer(file)()),
        await written(orThrow(await readTokenizerFiles(file)())),
      ]
      for (const { text, ids } of reference.tiny[name])
        expect([text, again.tokenizer.encode(text)]).toEqual([text, ids])
      expect(again.tokenizer.ends[0]).toBe(carried.tokenizer.ends[0])
      const messages = [{ role: 'user', content: 'ab' }]
      expect(orThrow(again.chatTemplate)(messages)).toBe(orThrow(carried.chatTemplate)(messages))
    },
  )

  it('has every field that the original library requires', async () => {
    const files = orThrow(await readTokenizerFiles(goldenCheckpoint('llama3.gguf'))())
    expect(JSON.parse(files['tokenizer.json']!)).toMatchObject({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: expect.arrayContaining([
        expect.objectContaining({ single_word: false, lstrip: false, rstrip: false, normalized: false }),
      ]) as unknown,
      pre_tokenizer: {
        pretokenizers: expect.arrayContaining([expect.objectContaining({ trim_offsets: true })]) as unknown,
      },
      post_processor: { pair: expect.anything() as unknown, special_tokens: expect.any(Object) as unknown },
      decoder: { add_prefix_space: false, use_regex: true },
    })
  })

  it('returns the files in the folder of the GGUF file', async () => {
    const folder = await temporaryFolder()
    await copyFile(goldenCheckpoint('llama.gguf'), join(folder, 'model.gguf'))
    for (const name of ['tokenizer.json', 'tokenizer_config.json'])
      await copyFile(join(folderOf('qwen3'), name), join(folder, name))
    const { tokenizer } = await written(orThrow(await readTokenizerFiles(join(folder, 'model.gguf'))()))
    expect(tokenizer.vocabulary).toBe(golden('qwen3').vocabulary)
  })
})
