import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import type { SchemaElement } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { layouts } from '#lib/task/data/layout/index.js'
import { leafOf } from '#lib/task/data/parquet/leaf.js'
import { checkRuns } from '#lib/task/data/parquet/runs.js'
import { parquetBlocks } from '#lib/task/data/parquet-blocks.js'
import { orThrow } from '../../tokenizer/golden.js'
import { temporaryFolder } from '../../run/temporary.js'

type Columns = Parameters<typeof parquetWriteBuffer>[0]

const fileOf = async (columns: Columns) => {
  const file = join(await temporaryFolder(), 'rows.parquet')
  await writeFile(file, new Uint8Array(parquetWriteBuffer(columns)))
  return file
}
const numbered = (count: number, options: Partial<Columns> = {}) =>
  fileOf({
    columnData: [
      {
        name: 'question',
        data: Array.from({ length: count }, (_, i) => `question ${i}, again: question ${i}`),
        type: 'STRING',
      },
      { name: 'answer', data: Array.from({ length: count }, (_, i) => BigInt(i)), type: 'INT64' },
    ],
    ...options,
  })
const blocksOf = async (file: string) => orThrow(await parquetBlocks(file)())
const rowsOf = async (file: string) =>
  (await Promise.all((await blocksOf(file)).map(({ read }) => read()))).flatMap((rows) => [...orThrow(rows)])

describe('parquetBlocks', () => {
  it('has a block for each row group, with the numbers of its rows', async () => {
    const file = await numbered(25, { rowGroupSize: 10 })
    expect(await blocksOf(file)).toHaveLength(3)
    expect(await rowsOf(file)).toEqual(
      Array.from({ length: 25 }, (_, i) => ({
        place: `${file}:${i + 1}`,
        value: E.right({ question: `question ${i}, again: question ${i}`, answer: i }),
      })),
    )
  })

  it('reads one block without the others', async () => {
    const file = await numbered(25, { rowGroupSize: 10 })
    const rows = orThrow(await (await blocksOf(file))[2]!.read())
    expect(rows.map(({ place }) => place)).toEqual([21, 22, 23, 24, 25].map((row) => `${file}:${row}`))
  })

  it('returns chats as JSON and keeps numbers exact', async () => {
    const prompt = [{ role: 'user', content: 'So?' }]
    const file = await fileOf({
      columnData: [
        { name: 'prompt', data: [prompt], type: 'JSON' },
        { name: 'small', data: [-3n], type: 'INT64' },
        { name: 'large', data: [2n ** 60n + 1n], type: 'INT64' },
        { name: 'none', data: [null], type: 'STRING', nullable: true },
      ],
    })
    expect((await rowsOf(file))[0]!.value).toMatchObject(
      E.right({ prompt, small: -3, large: '1152921504606846977', none: null }),
    )
  })

  it('returns the decimal digits that were written', async () => {
    const file = await fileOf({
      columnData: [
        { name: 'single', data: [1.1, 0.1, -3.3e10, 16777216, null], type: 'FLOAT', nullable: true },
        { name: 'double', data: [1.1, 1.100000023841858, 1e300, 0.3, 5e-324], type: 'DOUBLE' },
        { name: 'integer', data: [2n ** 53n + 1n, -(2n ** 63n), 2n ** 53n - 1n, 0n, -7n], type: 'INT64' },
      ],
    })
    expect((await rowsOf(file)).map(({ value }) => value)).toEqual(
      [
        { single: 1.1, double: 1.1, integer: '9007199254740993' },
        { single: 0.1, double: 1.100000023841858, integer: '-9223372036854775808' },
        { single: -3.3e10, double: 1e300, integer: 9007199254740991 },
        { single: 16777216, double: 0.3, integer: 0 },
        { single: null, double: 5e-324, integer: -7 },
      ].map(E.right),
    )
  })

  it.each<[string, Partial<SchemaElement>, unknown, unknown]>([
    ['a decimal of a 32-bit integer', { converted_type: 'DECIMAL', scale: 1 }, 3, 0.3],
    ['a decimal with zeros at its end', { converted_type: 'DECIMAL', scale: 4 }, 11000, 1.1],
    ['a large decimal', { converted_type: 'DECIMAL', scale: 2 }, -(10n ** 20n) - 1n, '-1000000000000000000.01'],
    ['a decimal in bytes', { converted_type: 'DECIMAL', scale: 3 }, Uint8Array.of(0xff, 0xfe), -0.002],
    ['a small decimal', { converted_type: 'DECIMAL', scale: 5 }, 7, 0.00007],
    ['a float32', { type: 'FLOAT' }, Math.fround(0.7), 0.7],
    ['a float16', { logical_type: { type: 'FLOAT16' } }, 0.0999755859375, 0.1],
  ])('converts %s', (_, element, value, expected) => {
    expect(leafOf({ name: 'x', ...element }).convert(value)).toEqual(expected)
  })

  it('names what is at a path that is no file', async () => {
    const folder = await temporaryFolder()
    expect(await parquetBlocks(folder)()).toMatchObject({ left: { found: 'a folder' } })
    if (process.platform === 'win32') return
    execFileSync('mkfifo', [join(folder, 'rows.parquet')])
    expect(await parquetBlocks(join(folder, 'rows.parquet'))()).toMatchObject({ left: { found: 'a FIFO' } })
  })

  it.each([
    ['a run of 2^30 values', [0x80, 0x80, 0x80, 0x80, 0x08, 1], 1, 'a run of 1073741824 values'],
    ['packed numbers without bits and without an end', [0xff, 0xff, 0xff, 0xff, 0x0f], 0, 'a run of'],
    ['too few values', [4, 1], 1, '2 values in a page, expected 10'],
  ])('refuses %s before it is decoded', (_, bytes, width, message) => {
    const view = new DataView(Uint8Array.from(bytes).buffer)
    const runs = { reader: { view, offset: 0 }, end: bytes.length, width, values: 10 }
    expect(() => checkRuns(runs)).toThrow(message)
  })

  it('counts the values of runs and of packed numbers', () => {
    // Three times 1, then eight packed numbers of one bit.
    const view = new DataView(Uint8Array.of(6, 1, 3, 0b00000101).buffer)
    expect(checkRuns({ reader: { view, offset: 0 }, end: 4, width: 1, values: 9 }, 1)).toBe(5)
  })

  it.each(['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'])(
    'reads questions in files of Apache Arrow: %s',
    async (codec) => {
      const rows = await rowsOf(fileURLToPath(new URL(`../../../golden/verl-${codec}.parquet`, import.meta.url)))
      expect(rows.map(({ value }) => E.chainW(layouts.verl.read)(value))).toEqual(
        Array.from({ length: 10 }, (_, n) => {
          const asked = { role: 'user', content: `What is ${n} + ${n}? ½ é 🙂` }
          const messages = n % 2 === 0 ? [asked] : [{ role: 'system', content: 'Be brief.' }, asked]
          return E.right({ messages, answer: `${2 * n}` })
        }),
      )
    },
  )

  it.each([0, 4, 50])('refuses a file of %i bytes, which is not Parquet', async (length) => {
    const file = await numbered(10)
    await writeFile(file, (await readFile(file)).subarray(0, length))
    const found = await parquetBlocks(file)()
    expect(found).toMatchObject(E.left({ place: file, expected: 'a parquet file' }))
  })

  it('refuses a file that is cut in the middle', async () => {
    const file = await numbered(100, { rowGroupSize: 50 })
    const bytes = await readFile(file)
    // The footer is complete, but the pages before it are not.
    bytes.fill(0, 4, bytes.length >> 1)
    await writeFile(file, bytes)
    const found = await (await blocksOf(file))[0]!.read()
    expect(found).toMatchObject(E.left({ place: file, expected: 'a parquet file' }))
  })

  it('names an unknown compression', async () => {
    const file = await numbered(100, { codec: 'LZO', compressors: { LZO: (bytes) => bytes } })
    const found = await (await blocksOf(file))[0]!.read()
    expect(E.isLeft(found) && found.left.message).toMatch(/rows\.parquet: found .*LZO/)
  })

  it('names a missing file', async () => {
    expect(await parquetBlocks('/nowhere/a.parquet')()).toMatchObject(E.left({ place: '/nowhere/a.parquet' }))
  })
})
