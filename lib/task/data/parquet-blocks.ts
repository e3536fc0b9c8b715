import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describeFileProblem } from '../../file/file-problem.js'
import { DataError } from './data-error.js'
import type { Row, RowBlock } from './row.js'

/**
 * Splits a Parquet file into blocks, one for each row group. Each block is read on demand.
 *
 * @errors DataError if the file is cut short, is not Parquet, or has an unknown compression
 */
export const parquetBlocks = (file: string): TE.TaskEither<DataError, readonly RowBlock[]> =>
  TE.tryCatch(async () => {
    const buffer = await asyncBufferFromFile(file)
    const metadata = await parquetMetadataAsync(buffer)
    let end = 0
    return metadata.row_groups.map(({ num_rows }) => {
      const start = end
      end += Number(num_rows)
      return { file, read: TE.tryCatch(rowsOf(file, buffer, metadata, start, end), toDataError(file)) }
    })
  }, toDataError(file))

const toDataError = (file: string) => (cause: unknown) =>
  new DataError(file, describeFileProblem(cause), 'a parquet file', { cause })

const rowsOf =
  (file: string, buffer: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number) =>
  async (): Promise<readonly Row[]> =>
    (await parquetReadObjects({ file: buffer, metadata, rowStart, rowEnd, compressors })).map((row, i) => ({
      place: `${file}:${rowStart + i + 1}`,
      value: E.right(asJson(row)),
    }))

/**
 * Converts a value to the form that JSON lines have: 64-bit integers become numbers, or text if a number is not exact.
 */
const asJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asJson(field)]))
}
