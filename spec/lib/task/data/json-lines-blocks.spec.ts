import { execFileSync } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { jsonLinesBlocks } from '#lib/task/data/json-lines-blocks.js'
import { layouts } from '#lib/task/data/layout/index.js'
import type { Row } from '#lib/task/data/row.js'
import { orThrow } from '../../tokenizer/golden.js'
import { temporaryFolder } from '../../run/temporary.js'

const fileOf = async (content: string | Uint8Array) => {
  const file = join(await temporaryFolder(), 'rows.jsonl')
  await writeFile(file, content)
  return file
}
const blocksOf = async (file: string, block?: number) =>
  orThrow(await jsonLinesBlocks(file, block === undefined ? {} : { block })())
const rowsOf = async (file: string, block?: number): Promise<readonly Row[]> => {
  const rows: Row[] = []
  for (const { read } of await blocksOf(file, block)) rows.push(...orThrow(await read()))
  return rows
}

describe('jsonLinesBlocks', () => {
  it('keeps the digits of numbers that a double cannot hold', async () => {
    const rows = await rowsOf(
      await fileOf('{"question":"How many?","answer":12345678901234567891}\n{"question":"And?","answer":0.1}\n'),
    )
    expect(rows.map(({ value }) => value)).toEqual([
      E.right({ question: 'How many?', answer: '12345678901234567891' }),
      E.right({ question: 'And?', answer: 0.1 }),
    ])
    expect(rows.map(({ value }) => E.chainW(layouts.plain.read)(value))).toMatchObject([
      { right: { answer: '12345678901234567891' } },
      { right: { answer: '0.1' } },
    ])
    expect(rows.map(({ value }) => E.chainW(layouts.amc.read)(value))).toMatchObject([
      { right: { answer: '12345678901234567891' } },
      { right: { answer: '0.1' } },
    ])
  })

  it.each([
    [1e21, '1000000000000000000000'],
    [-1.5e-7, '-0.00000015'],
    ['0033.10', '33.1'],
    ['-0.0', '0'],
  ])('reads the answer %s without an exponent', (answer, text) => {
    expect(layouts.amc.read({ question: 'q', answer })).toMatchObject({ right: { answer: text } })
  })

  it('refuses 1e5 nested brackets, and a row in a file that is none', async () => {
    const rows = await rowsOf(await fileOf(`${'['.repeat(1e5)}${']'.repeat(1e5)}\n{"a":1}\n`))
    expect(rows.map(({ value }) => value._tag)).toEqual(['Left', 'Right'])
    const folder = await temporaryFolder()
    expect(await jsonLinesBlocks(folder)()).toMatchObject({ left: { found: 'a folder' } })
    expect(await jsonLinesBlocks(join(folder, 'none.jsonl'))()).toMatchObject({ left: { found: 'no such file' } })
    if (process.platform === 'win32') return
    execFileSync('mkfifo', [join(folder, 'rows.jsonl')])
    expect(await jsonLinesBlocks(join(folder, 'rows.jsonl'))()).toMatchObject({ left: { found: 'a FIFO' } })
  })

  it('has every line once for any block size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constant(null)), { maxLength: 30 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 200 }),
        async (values, ended, block) => {
          // Null is an empty line.
          const lines = values.map((value) => (value === null ? ' ' : JSON.stringify({ value })))
          const file = await fileOf(lines.join('\n') + (ended ? '\n' : ''))
          const expected = values.flatMap((value, i) =>
            value === null ? [] : [{ place: `${file}:${i + 1}`, value: E.right({ value }) }],
          )
          expect(await rowsOf(file, block)).toEqual(expected)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('reads one block at a time, and the same rows each time', async () => {
    const file = await fileOf(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''))
    const blocks = await blocksOf(file, 20)
    expect(blocks.length).toBeGreaterThan(10)
    const third = orThrow(await blocks[2]!.read())
    expect(third.map(({ value }) => value)).toEqual([17, 18, 19, 20, 21, 22, 23].map(E.right))
    expect(orThrow(await blocks[2]!.read())).toEqual(third)
  })

  it('accepts any kind of line end and a byte order mark', async () => {
    const rows = await rowsOf(await fileOf('\ufeff{"a":1}\r\n\r\n{"a":2}\r\n'))
    expect(rows.map(({ value }) => value)).toEqual([E.right({ a: 1 }), E.right({ a: 2 })])
  })

  it('names a line that is not JSON, and continues after it', async () => {
    const file = await fileOf('{"a":1}\n\n{"a":\n{"a":3}\n{"a":4')
    const rows = await rowsOf(file, 1)
    expect(rows.map(({ place }) => place)).toEqual([1, 3, 4, 5].map((line) => `${file}:${line}`))
    expect(rows[1]!.value).toMatchObject(E.left({ place: `${file}:3`, expected: 'JSON' }))
    expect(rows[2]!.value).toEqual(E.right({ a: 3 }))
    expect(rows[3]!.value).toMatchObject(E.left({ place: `${file}:5`, expected: 'JSON' }))
  })

  it('names a line that is not UTF-8', async () => {
    const file = await fileOf(Buffer.from([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a]))
    expect((await rowsOf(file))[1]!.value).toMatchObject(E.left({ place: `${file}:2`, expected: 'UTF-8' }))
  })

  it('has no blocks for an empty file', async () => {
    expect(await blocksOf(await fileOf(''))).toEqual([])
  })

  it('names a file that is missing or has become shorter', async () => {
    expect(await jsonLinesBlocks('/nowhere/a.jsonl')()).toMatchObject(E.left({ place: '/nowhere/a.jsonl' }))
    const file = await fileOf('{"a":1}\n{"a":2}\n')
    const [block] = await blocksOf(file)
    await truncate(file, 5)
    expect(await block!.read()).toMatchObject(E.left({ place: file, found: '5 bytes' }))
  })
})
