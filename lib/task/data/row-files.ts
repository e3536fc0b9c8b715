import { extname } from 'node:path'
import * as A from 'fp-ts/lib/Array.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { DataError } from './data-error.js'
import { jsonLinesBlocks } from './json-lines-blocks.js'
import { parquetBlocks } from './parquet-blocks.js'
import type { RowBlock } from './row.js'

const readers: Readonly<Record<string, (file: string) => TE.TaskEither<DataError, readonly RowBlock[]>>> = {
  '.jsonl': jsonLinesBlocks,
  '.parquet': parquetBlocks,
}

/**
 * Opens data files as blocks of rows, in the order of the files. The ending of a name decides the format: `.jsonl` or
 * `.parquet`.
 *
 * @errors DataError if a file cannot be read, has no rows, or has another ending
 * @example
 * const blocks = await orThrow(rowFiles(['part-1.jsonl', 'part-2.parquet']))
 */
export const rowFiles = (files: readonly string[]): TE.TaskEither<DataError, readonly RowBlock[]> =>
  pipe(
    [...files],
    TE.traverseArray(blocksOf),
    TE.map((blocks) => A.flatten(blocks.map((ofFile) => [...ofFile]))),
  )

const blocksOf = (file: string): TE.TaskEither<DataError, readonly RowBlock[]> =>
  pipe(
    readers[extname(file)] ?? (() => TE.left(new DataError(file, extname(file) || 'no ending', expected))),
    (read) => read(file),
    TE.filterOrElse(
      (blocks) => blocks.length > 0,
      () => new DataError(file, 'no rows', 'at least one'),
    ),
  )

const expected = `a name that ends in ${Object.keys(readers).join(' or ')}`
