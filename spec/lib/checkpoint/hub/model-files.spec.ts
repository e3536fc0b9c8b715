import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { RepositoryFile } from '#lib/checkpoint/hub/listing.js'
import { selectModelFiles } from '#lib/checkpoint/hub/model-files.js'

const file = (path: string, size = 1): RepositoryFile => ({ path, size, checksum: { of: 'blob', hex: '' } })
const chosen = (...paths: readonly string[]) => {
  const files = selectModelFiles(
    'org/name',
    paths.map((path) => file(path)),
  )
  return E.isRight(files) ? files.right.map(({ path }) => path) : files.left.message
}

const needed = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'additional_chat_templates/tool_use.jinja',
  'LICENSE',
  'LICENSE.txt',
  'USE_POLICY.md',
  'README.md',
]

describe('selectModelFiles', () => {
  it.each(needed)('takes %s', (path) => expect(chosen(path, 'model.safetensors')).toContain(path))

  it.each([
    '.gitattributes',
    'pytorch_model.bin',
    'consolidated.00.pth',
    'model.gguf',
    'onnx/model.onnx',
    'onnx/config.json',
    'original/tokenizer.model',
    'original/model.safetensors',
    'tf_model.h5',
    'flax_model.msgpack',
    'training_args.bin',
    '../config.json',
    '/etc/config.json',
    'additional_chat_templates/../../config.jinja',
    'additional_chat_templates/..',
    'config.json\n',
    '..safetensors/x.safetensors',
  ])('does not select %j', (path) => expect(chosen(path, 'model.safetensors')).toEqual(['model.safetensors']))

  const shards = [
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ]

  it.each([
    [[...shards], shards],
    [[...shards, 'consolidated.safetensors'], shards],
    [[...shards, 'model.safetensors'], ['model.safetensors']],
    [['model.fp16.safetensors', 'model.safetensors'], ['model.safetensors']],
    [['adapter_model.safetensors'], ['adapter_model.safetensors']],
    [
      ['weights-1.safetensors', 'weights.safetensors.index.json', 'model.safetensors.index.json'],
      ['weights-1.safetensors', 'weights.safetensors.index.json', 'model.safetensors.index.json'],
    ],
  ])('selects from the weights %j those of %j', (held, taken) => expect(chosen(...held)).toEqual(taken))

  it('returns small files first', () => {
    const files = [file('model.safetensors', 9), file('tokenizer.json', 5), file('config.json', 2)]
    expect(selectModelFiles('org/name', files)).toMatchObject(E.right([{ size: 2 }, { size: 5 }, { size: 9 }]))
  })

  it('names the files of a repository without safetensors, largest first', () => {
    const problem = selectModelFiles('org/name', [file('config.json'), file('model.gguf', 9), file('a\u001b[2Jb', 5)])
    const message = 'org/name: found model.gguf, a?[2Jb, config.json, expected weights as .safetensors files'
    expect(problem).toMatchObject(E.left({ _tag: 'HubError', problem: 'unusable', message }))
    expect(chosen(...Array.from({ length: 20 }, (_, i) => `${i}.bin`))).toContain('7.bin and 12 more, expected')
    expect(chosen()).toBe('org/name: found no files, expected weights as .safetensors files')
  })
})
