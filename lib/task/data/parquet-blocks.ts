import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileMetaData } from 'hyparquet'
import { describeFileProblem } from '../../file/file-problem.js'
import { openRegularFile, readPart } from '../../file/regular-file.js'
import { DataError } from './data-error.js'
import { readFooter } from './parquet/footer.js'
import { type ParquetFile, readRowGroup, rowCountOf } from './parquet/row-group.js'
import type { Row, RowBlock } from './row.js'

/**
 * Splits a Parquet file into blocks, one for each row group. Each block is read on demand.
 *
 * @errors DataError if the file is cut short, is not Parquet, claims more than it has, or has an unknown compression
 */
export const parquetBlocks = (file: string): TE.TaskEither<DataError, readonly RowBlock[]> =>
  TE.tryCatch(
    () =>
      withParquet(file, async (parquet) => {
        const metadata = await readFooter(parquet)
        let end = 0
        return metadata.row_groups.map((group, i) => {
          const start = end
          end += rowCountOf(group, parquet)
          return { file, read: TE.tryCatch(() => rowsOf(file, metadata, i, start), toDataError(file)) }
        })
      }),
    toDataError(file),
  )

const toDataError = (file: string) => (cause: unknown) =>
  new DataError(file, describeFileProblem(cause), 'a parquet file', { cause })

const rowsOf = (file: string, metadata: FileMetaData, group: number, start: number): Promise<readonly Row[]> =>
  withParquet(file, async (parquet) =>
    (await readRowGroup(parquet, metadata, metadata.row_groups[group]!)).map((row, i) => ({
      place: `${file}:${start + i + 1}`,
      value: E.right(row),
    })),
  )

/** Opens a file, uses it and closes it. */
const withParquet = async <A>(file: string, use: (parquet: ParquetFile) => Promise<A>): Promise<A> => {
  const handle = await openRegularFile(file)
  try {
    const { size } = await handle.stat()
    const read: ParquetFile['read'] = (start, length) =>
      readPart(handle, start, length, (end) => new RangeError(`${end} bytes, expected at least ${start + length}`))
    return await use({ size, read })
  } finally {
    await handle.close()
  }
}
