import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { InputError } from '#lib/error.js'
import { freshAdapters } from '#lib/model/lora/adapters.js'
import { readAdapters, writeAdapters } from '#lib/model/lora/peft-folder.js'
import { inMemory, type ModelSource } from '#lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '#lib/model/model-file.js'
import { uniform } from '#lib/random/uniform.js'
import { rowFiles } from '#lib/task/data/row-files.js'
import { readTokenizer } from '#lib/tokenizer/read-tokenizer.js'
import { writeTinyLanguageModel } from '../cli/tiny-language-model.js'
import { goldenCheckpoint } from './model/golden-checkpoints.js'
import { golden } from './model/golden.js'
import { temporaryFolder } from './run/temporary.js'

/** Number of mutated copies of each file. */
const COPIES = 60

/** Values that numbers, lengths and texts of files do not like. */
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5b, 0x7b, 0x39, 0x65]
const TEXTS = ['[', '{"', '1e999', '-1', '99999999999999999999', 'null', '"', '[[[[[[[[', '\\u0000', 'true', '0.5']

/** Returns a changed copy of a file: some bytes replaced, a part removed or repeated, or a text put in. */
const mutated = (file: Buffer, copy: number): Buffer => {
  let draws = 0
  const below = (n: number) => Math.floor(n * uniform(5, copy, draws++))
  let bytes = Buffer.from(file)
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const at = below(bytes.length)
    const kind = below(6)
    if (kind < 3) bytes[at] = kind === 0 ? below(256) : BYTES[below(BYTES.length)]!
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(40))])
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at + below(40)), bytes.subarray(at)])
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(TEXTS[below(TEXTS.length)]!),
        bytes.subarray(at + below(8)),
      ])
  }
  return bytes
}

/** A reader of the files in a folder. */
type Read = (folder: string) => Promise<E.Either<unknown, unknown>>

const weightsOf = async (opened: E.Either<Error, ModelSource>): Promise<E.Either<unknown, unknown>> =>
  E.isLeft(opened)
    ? opened
    : inMemory(opened.right).then(
        (model) => E.right(model),
        (error: unknown) => E.left(error),
      )
const modelAt =
  (name: string): Read =>
  async (folder) =>
    weightsOf(await readModel(join(folder, name))())
const tokenizerAt =
  (name: string): Read =>
  async (folder) => {
    const opened = await readTokenizer(join(folder, name))()
    if (E.isRight(opened)) {
      const { tokenizer, chatTemplate } = opened.right
      const text = E.isRight(chatTemplate) ? attempt(() => chatTemplate.right([{ role: 'user', content: 'a b' }])) : ''
      attempt(() => tokenizer.decode(tokenizer.encode(`a  b\n${text}`)))
    }
    return opened
  }
const rowsAt =
  (name: string): Read =>
  async (folder) => {
    const blocks = await rowFiles([join(folder, name)])()
    if (E.isLeft(blocks)) return blocks
    for (const { read } of blocks.right) {
      const rows: E.Either<unknown, unknown> = await (read as TE.TaskEither<unknown, unknown>)()
      if (E.isLeft(rows)) return rows
    }
    return blocks
  }

/** A tokenizer or a template that was opened may refuse a text. */
const attempt = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return ''
  }
}

const copyTo = async (folder: string, from: string, name: string) => writeFile(join(folder, name), await readFile(from))

/** Kinds of files: the one that is changed, how to make its folder, and how it is read. */
const kinds: readonly (readonly [file: string, make: (folder: string) => Promise<unknown>, read: Read])[] = [
  ['a.gguf', (folder) => copyTo(folder, goldenCheckpoint('llama.gguf'), 'a.gguf'), modelAt('a.gguf')],
  ['b.gguf', (folder) => copyTo(folder, goldenCheckpoint('qwen3.gguf'), 'b.gguf'), tokenizerAt('b.gguf')],
  ['a.safetensors', (folder) => copyTo(folder, checkpointPath('countdown'), 'a.safetensors'), modelAt('a.safetensors')],
  ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map(
    (file) =>
      [
        file,
        (folder: string) => writeTinyLanguageModel(folder),
        file.startsWith('tokenizer') ? tokenizerAt('.') : modelAt('.'),
      ] as const,
  ),
  ...['config.json', 'model.safetensors.index.json', 'model-00002-of-00002.safetensors'].map(
    (file) =>
      [
        file,
        async (folder: string) => {
          const names = ['config.json', 'model.safetensors.index.json']
          const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
          for (const name of [...names, ...shards])
            await copyTo(folder, join(goldenCheckpoint('sharded-bf16'), name), name)
        },
        modelAt('.'),
      ] as const,
  ),
  ...['adapter_config.json', 'adapter_model.safetensors'].map(
    (file) =>
      [
        file,
        (folder: string) =>
          writeAdapters(folder, freshAdapters(golden.config, { rank: 2, alpha: 4, targets: ['q_proj'] }, 1), 'tiny')(),
        (folder: string) => readAdapters(folder, golden.config)(),
      ] as const,
  ),
  [
    'rows.jsonl',
    (folder) => writeFile(join(folder, 'rows.jsonl'), '{"question":"1 + 1?","answer":2}\n'.repeat(20)),
    rowsAt('rows.jsonl'),
  ],
  [
    'rows.parquet',
    (folder) =>
      writeFile(
        join(folder, 'rows.parquet'),
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'question', data: Array.from({ length: 50 }, (_, i) => `${i % 7} + ${i}?`) },
              {
                name: 'answer',
                data: Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? null : i / 10)),
                nullable: true,
              },
              { name: 'tags', data: Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? ['a', 'b'] : [])) },
            ],
            rowGroupSize: 20,
          }),
        ),
      ),
    rowsAt('rows.parquet'),
  ],
  ...['none', 'snappy', 'gzip', 'zstd', 'lz4', 'brotli'].map(
    (codec) =>
      [
        `${codec}.parquet`,
        (folder: string) => copyTo(folder, `spec/golden/verl-${codec}.parquet`, `${codec}.parquet`),
        rowsAt(`${codec}.parquet`),
      ] as const,
  ),
]

/** Largest growth of memory that a small file may cause. @units bytes */
const MOST_MEMORY = 512 * 2 ** 20

describe('a mutated file', { timeout: 120_000 }, () => {
  it.each(kinds)('of the kind %s is a value or an error of its reader', async (file, make, read) => {
    const folder = join(await temporaryFolder(), 'files')
    await mkdir(folder)
    await make(folder)
    const whole = await readFile(join(folder, file))
    expect((await read(folder))._tag).toBe('Right')
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const before = process.memoryUsage().rss
    try {
      for (let copy = 0; copy < COPIES; copy++) {
        await writeFile(join(folder, file), mutated(whole, copy))
        const found = await read(folder)
        if (E.isLeft(found)) expect([copy, found.left]).toEqual([copy, expect.any(InputError)])
      }
      // Node reports an unhandled rejection after the microtasks of its turn.
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', listener)
    }
    expect(unhandled).toEqual([])
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY)
  })
})
