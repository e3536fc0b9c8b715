import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DataError } from './data-error.js'

/** One row of a data set, as it stands in its file. */
export interface Row {
  /** File and line, or number of the row, from 1: `train.jsonl:17`. */
  readonly place: string
  readonly value: E.Either<DataError, unknown>
}

/**
 * Rows that lie together and are read together: a stretch of a file of JSON lines, a row group of a parquet file. The rows
 * of a data set are a list of blocks, of one file or of many, of which few are in memory at a time.
 */
export interface RowBlock {
  readonly file: string
  /** The same rows each time. */
  readonly read: TE.TaskEither<DataError, readonly Row[]>
}

/** Rows that are at hand, as one block; `file` is what messages call them. */
export const rowsAtHand = (file: string, values: readonly unknown[]): readonly RowBlock[] => [
  { file, read: TE.right(values.map((value, i) => ({ place: `${file}:${i + 1}`, value: E.right(value) }))) },
]
