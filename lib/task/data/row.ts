import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DataError } from './data-error.js'

/** Row of a data set before parsing. */
export interface Row {
  /** File and number of the line or row, from 1: `train.jsonl:17`. */
  readonly place: string
  /** Content of the row, or the error of a row that cannot be read. */
  readonly value: E.Either<DataError, unknown>
}

/**
 * Rows of a file that are read together: a range of lines of a JSON lines file, or a row group of a Parquet file. The
 * rows of a data set are a list of blocks from one or more files. Only a few blocks are in memory at a time.
 */
export interface RowBlock {
  readonly file: string
  /** Reads the rows. Every call returns the same rows. */
  readonly read: TE.TaskEither<DataError, readonly Row[]>
}

/**
 * Makes a block of rows that are already in memory. `file` is their name in messages.
 *
 * @example
 * rowsAtHand('sums', [{ question: '1 + 1', answer: 2 }])
 */
export const rowsAtHand = (file: string, values: readonly unknown[]): readonly RowBlock[] => [
  { file, read: TE.right(values.map((value, i) => ({ place: `${file}:${i + 1}`, value: E.right(value) }))) },
]
