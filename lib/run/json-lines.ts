import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { parseJson } from '../file/parse-json.js'
import { FileError } from '../file/file-error.js'

/** A log of one JSON value a line. A line is in the file when `append` returns, so a crash loses nothing. */
export interface JsonLines<A> {
  append(value: A): void
  close(): void
}

/** Opens a log to append to. @errors throws the file system's error */
export const jsonLines = <A>(file: string): JsonLines<A> => {
  const descriptor = openSync(file, 'a')
  return {
    append: (value) => {
      writeSync(descriptor, `${JSON.stringify(value)}\n`)
    },
    close: () => closeSync(descriptor),
  }
}

/** Adds a line to a log that is rarely written. @errors throws the file system's error */
export const appendLine = (file: string, value: unknown): void => appendFileSync(file, `${JSON.stringify(value)}\n`)

/** Reads a log; a last line that was cut in the middle is no line yet. @errors FileError naming the line */
export const readJsonLines = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<FileError, readonly A[]> =>
  pipe(
    TE.tryCatch(
      () => readFile(file, 'utf8'),
      (cause) => new FileError(file, String(cause), 'a log of one JSON value a line', { cause }),
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
