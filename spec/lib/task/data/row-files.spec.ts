import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, it } from 'vitest'
import { rowFiles } from '#lib/task/data/row-files.js'
import { orThrow } from '../../tokenizer/golden.js'
import { temporaryFolder } from '../../run/temporary.js'

it('reads files of both formats, one after another', async () => {
  const folder = await temporaryFolder()
  const [lines, columns] = [join(folder, 'a.jsonl'), join(folder, 'b.parquet')]
  await writeFile(lines, '{"x":"1"}\n{"x":"2"}\n')
  const columnData = [{ name: 'x', data: ['3'], type: 'STRING' as const }]
  await writeFile(columns, new Uint8Array(parquetWriteBuffer({ columnData })))
  const blocks = orThrow(await rowFiles([lines, columns])())
  expect(blocks.map(({ file }) => file)).toEqual([lines, columns])
  const rows = await Promise.all(blocks.map(async ({ read }) => orThrow(await read()).map(({ value }) => value)))
  expect(rows).toEqual([[E.right({ x: '1' }), E.right({ x: '2' })], [E.right({ x: '3' })]])
})

it('refuses an empty file', async () => {
  const file = join(await temporaryFolder(), 'a.jsonl')
  await writeFile(file, '')
  expect(await rowFiles([file])()).toMatchObject(E.left({ place: file, found: 'no rows', expected: 'at least one' }))
})

it.each([
  ['a.csv', '.csv'],
  ['data', 'no ending'],
])('knows no way to read %s', async (file, found) => {
  expect(await rowFiles([file])()).toMatchObject(
    E.left({ place: file, found, expected: 'a name that ends in .jsonl or .parquet' }),
  )
})
