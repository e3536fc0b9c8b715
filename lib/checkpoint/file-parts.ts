import { type FileHandle, open } from 'node:fs/promises'
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isMissing } from '../file/missing-file.js'
import { CheckpointError } from './checkpoint-error.js'

/** A file of which parts are read. */
export interface FileParts {
  readonly file: string
  /** @units bytes */
  readonly size: number
  /** Memory of its own. @errors CheckpointError where the file ends before that */
  readonly read: (start: number, length: number) => Promise<ArrayBuffer>
}

/** Opens a file for as long as it is used; `expected` says what it should have been. @errors CheckpointError */
export const withFile = <A>(
  file: string,
  expected: string,
  use: (parts: FileParts) => Promise<E.Either<CheckpointError, A>>,
): TE.TaskEither<CheckpointError, A> =>
  pipe(
    TE.tryCatch(
      async () => {
        const handle = await open(file)
        try {
          return await use(await partsOf(file, handle))
        } finally {
          await handle.close()
        }
      },
      (cause) => (cause instanceof CheckpointError ? cause : unreadable(file, cause, expected)),
    ),
    TE.chain(TE.fromEither),
  )

/** The same for a loop over what it holds. @errors throws CheckpointError */
export async function* eachOf<A>(file: string, use: (parts: FileParts) => AsyncIterable<A>): AsyncGenerator<A> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause, 'the file that was there before')
  })
  try {
    yield* use(await partsOf(file, handle))
  } finally {
    await handle.close()
  }
}

/** The file system's refusal in the words of a checkpoint. */
export const unreadable = (file: string, cause: unknown, expected: string): CheckpointError =>
  new CheckpointError(file, isMissing(cause) ? 'no such file' : String(cause), expected)

const partsOf = async (file: string, handle: FileHandle): Promise<FileParts> => {
  const { size } = await handle.stat()
  return {
    file,
    size,
    read: async (start, length) => {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const { bytesRead } = await handle.read(bytes, at, length - at, start + at)
        if (bytesRead === 0) throw new CheckpointError(file, `${start + at} bytes`, `at least ${start + length}`)
        at += bytesRead
      }
      return bytes.buffer
    },
  }
}
