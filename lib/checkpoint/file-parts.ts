import type { FileHandle } from 'node:fs/promises'
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { openRegularFile, readPart, readRegularFile } from '../file/regular-file.js'
import { CheckpointError } from './checkpoint-error.js'
import { describeFileProblem } from '../file/file-problem.js'

/** Reader of parts of an open file. */
export interface FileParts {
  readonly file: string
  /** Size of the file. @units bytes */
  readonly size: number
  /** Reads `length` bytes from `start` into new memory. @errors rejects with CheckpointError if the file ends before that */
  readonly read: (start: number, length: number) => Promise<ArrayBuffer>
}

/** Opens a file, uses it and closes it. `expected` describes the file in errors. @errors CheckpointError, those of `use` */
export const withFile = <A>(
  file: string,
  expected: string,
  use: (parts: FileParts) => Promise<E.Either<CheckpointError, A>>,
): TE.TaskEither<CheckpointError, A> =>
  pipe(
    TE.tryCatch(
      async () => {
        const handle = await openRegularFile(file)
        try {
          return await use(await partsOf(file, handle))
        } finally {
          await handle.close()
        }
      },
      (cause) => (cause instanceof CheckpointError ? cause : toCheckpointError(file, cause, expected)),
    ),
    TE.chain(TE.fromEither),
  )

/** Opens a file, iterates over its contents and closes it. @errors throws CheckpointError, those of `use` */
export async function* iterateFile<A>(file: string, use: (parts: FileParts) => AsyncIterable<A>): AsyncGenerator<A> {
  const handle = await openRegularFile(file).catch((cause: unknown) => {
    throw toCheckpointError(file, cause, 'the file that was opened before')
  })
  try {
    yield* use(await partsOf(file, handle))
  } finally {
    await handle.close()
  }
}

/** Converts an error of the file system. */
export const toCheckpointError = (file: string, cause: unknown, expected: string): CheckpointError =>
  new CheckpointError(file, describeFileProblem(cause), expected, { cause })

/** Reads a text file of at most `limit` bytes. `expected` describes the file in errors. @errors CheckpointError */
export const readText = (file: string, limit: number, expected: string): TE.TaskEither<CheckpointError, string> =>
  TE.tryCatch(
    async () => new TextDecoder().decode(await readRegularFile(file, limit)),
    (cause) => toCheckpointError(file, cause, expected),
  )

const partsOf = async (file: string, handle: FileHandle): Promise<FileParts> => {
  const { size } = await handle.stat()
  return {
    file,
    size,
    read: (start, length) =>
      readPart(handle, start, length, (end) => new CheckpointError(file, `${end} bytes`, `at least ${start + length}`)),
  }
}
