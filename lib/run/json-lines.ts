import { readSync } from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { machineDisk } from '../file/disk.js'
import { FileError } from '../file/file-error.js'
import { openGrowingFile } from '../file/growing-file.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { describeFileProblem } from '../file/file-problem.js'

/** Log file with one JSON value per line. A line is in the file when `append` returns, so that a crash of the process loses no line. */
export interface JsonLines<A> {
  /** Writes a line. If it fails, the file stays as it was, so that the call can be repeated. @errors throws FileError */
  append(value: A): void
  /** Closes the file. A second call has no effect. */
  close(): void
}

/**
 * Opens a log to append to. The effect is synchronous, so that a log is open before the first step. The first line that is appended
 * replaces an incomplete last line, which a crash or a full disk has left.
 *
 * @errors FileError for a file that cannot be opened
 */
export const openJsonLines = <A>(file: string): IOE.IOEither<FileError, JsonLines<A>> =>
  pipe(
    openGrowingFile(file, 'a log that can be written', endOfLines),
    IOE.map(({ append, close }): JsonLines<A> => ({
      append: (value) => append(new TextEncoder().encode(lineOf(value))),
      close,
    })),
  )

/** Size of the parts in which the end of a log is read. @units bytes */
const PART = 2 ** 16

/** Returns the place after the last line break of a log; 0 if there is none. @units bytes */
const endOfLines = (descriptor: number, size: number): number => {
  const part = Buffer.alloc(PART)
  for (let end = size; end > 0; end -= PART) {
    const start = Math.max(0, end - PART)
    const length = readSync(descriptor, part, 0, end - start, start)
    const last = part.subarray(0, length).lastIndexOf('\n')
    if (last >= 0) return start + last + 1
  }
  return 0
}

/** Appends one line to a log that is rarely written. @errors FileError for a file that cannot be written */
export const appendLine = (file: string, value: unknown): IOE.IOEither<FileError, void> =>
  pipe(
    openJsonLines(file),
    IOE.chain((log) =>
      IOE.tryCatch(
        () => {
          try {
            log.append(value)
          } finally {
            log.close()
          }
        },
        (error) => error as FileError,
      ),
    ),
  )

/** Appends one line to a log, and returns when it is on the device. @errors FileError for a file that cannot be written */
export const appendDurably = (file: string, value: unknown): TE.TaskEither<FileError, void> =>
  pipe(
    TE.fromIOEither(appendLine(file, value)),
    TE.chain(() =>
      TE.tryCatch(
        async () => {
          await machineDisk.syncFile(file)
          await machineDisk.syncFolder(dirname(file))
        },
        (cause) => new FileError(file, describeFileProblem(cause), 'a log that can be written', { cause }),
      ),
    ),
  )

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`

/** Largest log that is read whole; that of a hundred thousand steps has a third of it. @units bytes */
const MAX_LOG = 2 ** 29 - 2 ** 10

/**
 * Reads a log, or its first `size` bytes. An incomplete last line is left out.
 *
 * @errors FileError that names the file and the line
 */
export const readJsonLines = <A>(
  file: string,
  codec: t.Decoder<unknown, A>,
  size = Infinity,
): TE.TaskEither<FileError, readonly A[]> =>
  pipe(
    TE.tryCatch(
      async () => (await readRegularFile(file, MAX_LOG)).subarray(0, size).toString('utf8'),
      (cause) => new FileError(file, describeFileProblem(cause), 'a log of one JSON value per line', { cause }),
    ),
    TE.map(linesOf),
    TE.chainEitherK(E.traverseArrayWithIndex((i, line) => parseJson(`${file}:${i + 1}`, line, codec))),
  )

const linesOf = (text: string): readonly string[] => {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return [...lines, ...(isJson(last) ? [last] : [])].filter((line) => line !== '')
}

const isJson = (text: string): boolean => E.isRight(E.tryCatch((): unknown => JSON.parse(text), String))
