import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { parseExactJson } from '../../codec/json-text.js'
import { openRegularFile } from '../../file/regular-file.js'
import { DataError } from './data-error.js'
import type { Row, RowBlock } from './row.js'
import { describeFileProblem } from '../../file/file-problem.js'

/** Least size of a block. A block ends with the first line that reaches it. @units bytes */
export const BLOCK = 2 ** 20

/** Longest line. @units bytes */
const MAX_LINE = 2 ** 28

/** Position of a block in its file. */
interface Stretch {
  /** @units bytes */
  readonly start: number
  /** @units bytes */
  readonly end: number
  /** Number of its first line, from 1. */
  readonly firstLine: number
}

/**
 * Splits a file of JSON lines into blocks. One pass over the file finds their positions, and each block is read on
 * demand. Empty lines are skipped. A line that is not JSON becomes a row with an error. A number that a double cannot hold
 * becomes text, so that it keeps its digits.
 *
 * @errors DataError if the file cannot be read, or has a line of more than 256 MiB
 */
export const jsonLinesBlocks = (
  file: string,
  { block = BLOCK }: { readonly block?: number } = {},
): TE.TaskEither<DataError, readonly RowBlock[]> =>
  TE.tryCatch(
    async () =>
      (await stretches(file, block)).map((stretch) => ({
        file,
        read: TE.tryCatch(() => rowsOf(file, stretch), toDataError(file)),
      })),
    toDataError(file),
  )

const toDataError = (file: string) => (cause: unknown) =>
  cause instanceof DataError
    ? cause
    : new DataError(file, describeFileProblem(cause), 'a file of JSON lines', { cause })

const NEWLINE = 0x0a

const stretches = async (file: string, block: number): Promise<readonly Stretch[]> => {
  const found: Stretch[] = []
  let [start, firstLine, line, offset] = [0, 1, 1, 0]
  const cut = (end: number) => {
    found.push({ start, end, firstLine })
    ;[start, firstLine] = [end, line]
  }
  const handle = await openRegularFile(file)
  // The stream closes the file.
  for await (const chunk of handle.createReadStream({ highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      line++
      if (offset + at + 1 - start >= block) cut(offset + at + 1)
    }
    offset += chunk.length
    if (offset - start > block + MAX_LINE)
      throw new DataError(`${file}:${line}`, `a line of more than ${MAX_LINE} bytes`, 'one row on each line')
  }
  if (offset > start) cut(offset)
  return found
}

const rowsOf = async (file: string, { start, end, firstLine }: Stretch): Promise<readonly Row[]> => {
  const bytes = await bytesOf(file, start, end)
  const rows: Row[] = []
  let line = firstLine
  for (let from = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from)
    const to = newline === -1 ? bytes.length : newline
    const place = `${file}:${line}`
    const value = valueOf(place, bytes.subarray(from, to))
    if (value !== null) rows.push({ place, value })
    from = to + 1
  }
  return rows
}

const bytesOf = async (file: string, start: number, end: number): Promise<Buffer> => {
  const handle = await openRegularFile(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(end - start), 0, end - start, start)
    if (bytesRead < end - start)
      throw new DataError(file, `${start + bytesRead} bytes`, `${end} or more, as there were when it was opened`)
    return buffer
  } finally {
    await handle.close()
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses a line. Returns null for an empty line. */
const valueOf = (place: string, bytes: Uint8Array): E.Either<DataError, unknown> | null => {
  try {
    const text = utf8.decode(bytes)
    return text.trim() === '' ? null : E.right(parseExactJson(text))
  } catch (cause) {
    const expected = cause instanceof SyntaxError ? 'JSON' : 'UTF-8'
    return E.left(new DataError(place, cause instanceof Error ? cause.message : String(cause), expected, { cause }))
  }
}
