import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { requireRegularFile } from '../../lib/file/regular-file.js'
import { DataError } from '../../lib/task/data/data-error.js'

const EXPECTED = 'a file of rows, .jsonl or .parquet'

/** Checks that every data file exists, before the ending of its name is judged. @errors DataError that names the file */
export const requireDataFiles = (files: readonly string[]): TE.TaskEither<DataError, void> =>
  pipe(
    [...files],
    TE.traverseArray((file) =>
      pipe(
        requireRegularFile(file),
        TE.mapLeft((found) => new DataError(file, found, EXPECTED)),
      ),
    ),
    TE.map(() => undefined),
  )
