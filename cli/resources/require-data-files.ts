import { stat } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describeFileProblem } from '../../lib/file/file-problem.js'
import { DataError } from '../../lib/task/data/data-error.js'

const EXPECTED = 'a file of rows, .jsonl or .parquet'

/** Checks that every data file exists, before the ending of its name is judged. @errors DataError that names the file */
export const requireDataFiles = (files: readonly string[]): TE.TaskEither<DataError, void> =>
  pipe(
    [...files],
    TE.traverseArray((file) =>
      pipe(
        TE.tryCatch(
          () => stat(file),
          (cause) => new DataError(file, describeFileProblem(cause), EXPECTED, { cause }),
        ),
        TE.filterOrElse(
          (found) => !found.isDirectory(),
          () => new DataError(file, 'a folder', EXPECTED),
        ),
      ),
    ),
    TE.map(() => undefined),
  )
