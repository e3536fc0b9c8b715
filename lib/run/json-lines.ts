import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { FileError } from '../file/file-error.js'
import { once } from '../resource.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { describeFileProblem } from '../file/file-problem.js'

/** Log file with one JSON value per line. A line is on disk when `append` returns, so that a crash loses no line. */
export interface JsonLines<A> {
  /** Writes a line. @errors throws the error of the file system */
  append(value: A): void
  /** Closes the file. A second call has no effect. */
  close(): void
}

/**
 * Opens a log to append to. The effect is synchronous, so that a log is open before the first step.
 *
 * @errors FileError for a file that cannot be opened
 */
export const openJsonLines = <A>(file: string): IOE.IOEither<FileError, JsonLines<A>> =>
  pipe(
    IOE.tryCatch(() => openSync(file, 'a'), writeError(file)),
    IOE.map((descriptor): JsonLines<A> => ({
      append: (value) => {
        writeSync(descriptor, lineOf(value))
      },
      close: once(() => closeSync(descriptor)),
    })),
  )

/** Appends one line to a log that is rarely written. @errors FileError for a file that cannot be written */
export const appendLine = (file: string, value: unknown): IOE.IOEither<FileError, void> =>
  IOE.tryCatch(() => appendFileSync(file, lineOf(value)), writeError(file))

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`

const writeError =
  (file: string) =>
  (cause: unknown): FileError =>
    new FileError(file, describeFileProblem(cause), 'a log that can be written', { cause })

/** Largest log that is read whole; that of a hundred thousand steps has a third of it. @units bytes */
const MAX_LOG = 2 ** 29 - 2 ** 10

/** Reads a log. An incomplete last line is left out. @errors FileError that names the file and the line */
export const readJsonLines = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<FileError, readonly A[]> =>
  pipe(
    TE.tryCatch(
      async () => (await readRegularFile(file, MAX_LOG)).toString('utf8'),
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
