import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { layouts } from '#lib/task/data/layout/index.js'
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
